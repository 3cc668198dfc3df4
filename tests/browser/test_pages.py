"""Every page in both languages and both themes: silent, open to everybody, within the window.

Pictures of all of them, at 1366 and 390 px, light in English and dark in Chinese, are left in
tests/artifacts/pages/.
"""

from __future__ import annotations

from pathlib import Path
from pprint import pformat

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.catalogue import EMPTY, GROUPS, Row
from tests.browser.looking import (
    READY,
    Complaints,
    axe_find,
    page_settle,
    parts_missing,
    sideways,
    signed_in,
)
from tests.browser.standing import people, server, world
from tests.browser.world import World
from tests.people import People, Someone
from tests.portal.servers import Server

__all__ = ["people", "server", "world"]
SHOTS = Path(__file__).resolve().parents[1] / "artifacts" / "pages"
LOOKS = [(theme, language) for theme in ("light", "dark") for language in ("en", "zh-hans")]
PICTURED = LOOKS[0], LOOKS[3]
WIDE: ViewportSize = {"width": 1366, "height": 768}
NARROW: ViewportSize = {"width": 390, "height": 844}

# Long until it has passed on a calm machine: it is new, and its pace there is not yet known.
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(900)]


@pytest.mark.parametrize("look", PICTURED, ids="-".join)
def test_pages_are_whole_while_nothing_exists(
    browser: Browser, server: Server, people: People, look: tuple[str, str]
) -> None:
    """Stands first: no test before it may have asked for the world."""
    Sweep(browser, server, people, None, look).check(EMPTY)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_every_page_is_whole(
    browser: Browser,
    server: Server,
    people: People,
    world: World,
    look: tuple[str, str],
    group: str,
) -> None:
    Sweep(browser, server, people, world, look).check(GROUPS[group])


class Sweep:
    """A walk over pages in one theme and one language."""

    def __init__(
        self,
        browser: Browser,
        server: Server,
        people: People,
        world: World | None,
        look: tuple[str, str],
    ) -> None:
        self.browser, self.server, self.people = browser, server, people
        self.world, self.look = world, look
        self.opened: dict[str, tuple[Page, Complaints]] = {}

    def check(self, rows: tuple[Row, ...]) -> None:
        """Look at these pages; fail with all that is wrong, by page."""
        found = {row.name: self._look_at(row) for row in rows}
        for page, _complaints in self.opened.values():
            page.context.close()
        wrong = {name: problems for name, problems in found.items() if problems}
        assert not wrong, pformat(wrong, width=150)

    def _page(self, who: str) -> tuple[Page, Complaints]:
        """The one tab of a person, used for page after page."""
        if who not in self.opened:
            theme, language = self.look
            people = (self.people, self.world)
            someone: Someone | None = next(
                (getattr(p, who) for p in people if hasattr(p, who)), None
            )
            look = (theme, WIDE["width"], language)
            page = signed_in(self.browser, self.server.origin, someone, look).new_page()
            self.opened[who] = page, Complaints()
            self.opened[who][1].listen(page)
        return self.opened[who]

    def _look_at(self, row: Row) -> list[object]:
        page, complaints = self._page(row.who)
        complaints.status, complaints.said = row.status, []
        names = self.world.names() if self.world else {}
        page.set_viewport_size(WIDE)
        page.goto(self.server.origin + row.path.format(**names))
        page.locator(READY).first.wait_for()
        page_settle(page)
        assert page.locator("html").get_attribute("data-bs-theme") == self.look[0], row.name
        problems: list[object] = [*axe_find(page), *parts_missing(page)]
        if self.look in PICTURED:  # both languages, both themes; width does not depend on colours
            problems += [*self._picture(page, row, WIDE), *self._picture(page, row, NARROW)]
        return [*complaints.said, *problems]

    def _picture(self, page: Page, row: Row, size: ViewportSize) -> list[object]:
        page.set_viewport_size(size)
        over = sideways(page)
        name = "-".join((row.name, str(size["width"]), *self.look))
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
        return [f"{over} px wider than {size['width']} px"] if over > 0 else []
