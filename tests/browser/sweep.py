"""A walk over pages: each is opened, looked at, photographed; parts are held up and refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from pprint import pformat

from playwright.sync_api import Browser, Page, Route, TimeoutError

from tests.browser.catalogue import Row
from tests.browser.looking import (
    READY,
    Complaints,
    Look,
    axe_find,
    doubled,
    look_choose,
    page_settle,
    parts_missing,
    sideways,
    signed_in,
    size_of,
)
from tests.browser.world import World
from tests.people import People, Someone
from tests.portal.servers import Server

SHOTS = Path(__file__).resolve().parents[1] / "artifacts" / "pages"
THEMES = ("light", "dark")
WIDTHS = (1366, 390)
STATES = ("loading", "failing", "loading")  # two in a row are both, from either
LOOKS: tuple[Look, ...] = tuple(product(THEMES, WIDTHS, ("en", "zh-hans")))
PAINT = """theme => {
  document.documentElement.dataset.themeChoice = theme;
  dispatchEvent(new Event('berth:theme'));
}"""
LOST = ".b-live:not([data-state=live], [data-state=connecting])"
SHELL = ".b-live, .b-entrance"
HAS_PARTS = """() => document.querySelector(
  '[hx-get][hx-trigger^=load], auto-preview[now]') !== null"""
STEADY = "() => document.fonts.status === 'loaded' && document.readyState === 'complete'"


@dataclass
class Tab:
    """One person's tab, used for page after page."""

    page: Page
    complaints: Complaints = field(default_factory=Complaints)

    def __post_init__(self) -> None:
        self.complaints.listen(self.page)


@dataclass
class Sweep:
    """Whoever looks; `world` is None while nothing exists. `cut`: no live socket opens."""

    browser: Browser
    server: Server
    people: People
    world: World | None
    cut: bool = False
    tabs: dict[str, Tab] = field(default_factory=dict)

    def check(
        self, rows: list[tuple[Row, Look]], *, parts: int = 0, themes: tuple[str, ...] = ()
    ) -> None:
        """Look at these pages; fail with all that is wrong, by page and look.

        Each is photographed in these colours at both widths, in the language of its look.

        A page that fetches parts is looked at besides while it waits for them, or after they were
        refused (`parts` 1: the one or the other in turn; 2: both).
        """
        SHOTS.mkdir(parents=True, exist_ok=True)
        wrong = {}
        for at, (row, look) in enumerate(rows):
            try:
                found = self._look_at(row, look, themes)
                found += self._look_at_parts(row, STATES[at % 2 :][:parts])
            except TimeoutError as error:
                found = [str(error)]
            if found:
                wrong[f"{row.name} {' '.join(map(str, look))}"] = found
        for tab in self.tabs.values():
            tab.page.context.close()
        assert not wrong, pformat(wrong, width=150)

    def _look_at(self, row: Row, look: Look, themes: tuple[str, ...]) -> list[object]:
        tab = self._tab(row, look)
        self._open(tab, row, LOST if self.cut else READY)
        page_settle(tab.page)
        assert tab.page.locator("html").get_attribute("data-bs-theme") == look[0], row.name
        found = _seen(tab)
        return found + _photograph(tab.page, row, look, themes)

    def _look_at_parts(self, row: Row, states: tuple[str, ...]) -> list[object]:
        tab = self.tabs[row.who]
        if not states or not tab.page.evaluate(HAS_PARTS):
            return []
        looks = {"loading": self._while_loading, "failing": self._where_parts_fail}
        return [f"{state}: {fault}" for state in states for fault in looks[state](tab, row)]

    def _tab(self, row: Row, look: Look) -> Tab:
        if row.who not in self.tabs:
            context = signed_in(self.browser, self.server.origin, self._someone(row.who), look)
            if self.cut:
                context.route_web_socket("**/ws/**", lambda socket: socket.close())
            self.tabs[row.who] = Tab(context.new_page())
        tab = self.tabs[row.who]
        look_choose(tab.page, self.server.origin, look)
        return tab

    def _someone(self, who: str) -> Someone | None:
        found = (getattr(each, who, None) for each in (self.people, self.world))
        return next(filter(None, found), None)

    def _open(self, tab: Tab, row: Row, ready: str = READY) -> None:
        names = self.world.names() if self.world else {}
        tab.complaints.status, tab.complaints.said = row.status, []
        tab.page.goto(self.server.origin + row.path.format(**names))
        tab.page.locator(ready).first.wait_for(state="attached")  # a phone hides it

    def _while_loading(self, tab: Tab, row: Row) -> list[object]:
        """The page while no answer has come to what its scripts asked for."""
        with _held(tab.page) as waiting:
            self._open(tab, row, SHELL)
            tab.page.wait_for_function(STEADY)
            for _try in range(100):
                if waiting:
                    break
                tab.page.wait_for_timeout(50)
            found = _seen(tab)
            return found if waiting else [*found, "asked for nothing this time"]

    def _where_parts_fail(self, tab: Tab, row: Row) -> list[object]:
        """The page once everything that its scripts asked for was answered by an error."""
        with _refused(tab.page):
            tab.complaints.refused = 500
            self._open(tab, row, SHELL)
            tab.page.wait_for_function(STEADY)
            page_settle(tab.page)
            found = _seen(tab)
        tab.complaints.refused = 0
        return found


def _seen(tab: Tab) -> list[object]:
    """What is wrong at this moment."""
    page = tab.page
    return [
        *tab.complaints.said,
        *axe_find(page),
        *parts_missing(page),
        *doubled(page),
        *_too_wide(page),
    ]


def _too_wide(page: Page) -> list[str]:
    over = sideways(page)
    return [f"{over} px wider than the window"] if over > 0 else []


def _photograph(page: Page, row: Row, look: Look, themes: tuple[str, ...]) -> list[object]:
    """These colours at both widths, in the language of the look; and whether the page fits."""
    found: list[object] = []
    for width, theme in product(WIDTHS, themes):
        page.set_viewport_size(size_of(width))
        page.evaluate(PAINT, theme)
        path = SHOTS / f"{row.name}-{width}-{theme}-{look[2]}.jpeg"
        page.screenshot(path=path, full_page=True, type="jpeg", quality=80)
        found += [f"at {width} px: {wide}" for wide in _too_wide(page)]
    page.set_viewport_size(size_of(look[1]))
    return found


@contextmanager
def _answering(page: Page, answer: Callable[[Route], None]) -> Iterator[None]:
    """Answer whatever scripts ask for; documents, styles and scripts come from the server."""

    def decide(route: Route) -> None:
        if route.request.resource_type in {"xhr", "fetch"}:
            answer(route)
        else:
            route.continue_()

    page.route("**/*", decide)
    try:
        yield
    finally:
        page.goto("about:blank")
        page.unroute("**/*")


@contextmanager
def _held(page: Page) -> Iterator[list[Route]]:
    """Let nothing that scripts ask for be answered."""
    held: list[Route] = []
    with _answering(page, held.append):
        yield held


@contextmanager
def _refused(page: Page) -> Iterator[None]:
    """Answer what scripts ask for as a server with a fault does."""
    headers = {"X-Request-Id": "0123456789abcdef"}

    def refuse(route: Route) -> None:
        route.fulfill(status=500, headers=headers, content_type="text/html", body="<p>No.</p>")

    with _answering(page, refuse):
        yield
