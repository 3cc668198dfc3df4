"""Every page in every state is silent, open to everybody and within the window.

In every run each page is looked at once, in one of the eight looks (colours, width, language) in
turn; with --long in four, in which every two of colours, width and language meet. Pictures of all
pages are left in tests/artifacts/pages/.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from playwright.sync_api import Browser

from inventory.models import Cluster
from portal.scope import scope
from portal.viewer import Viewer
from tests.browser.catalogue import GROUPS, PAGES, Row
from tests.browser.looking import Look
from tests.browser.standing import people, server, world
from tests.browser.states import EMPTY, FORBIDDEN, STALE
from tests.browser.sweep import LOOKS, THEMES, Sweep
from tests.browser.world import World
from tests.people import People
from tests.portal.servers import Server

__all__ = ["people", "server", "world"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PAIRS = [LOOKS[at] for at in (0, 3, 5, 6)]
ALL = [pytest.param(look, marks=pytest.mark.long, id="-".join(map(str, look))) for look in PAIRS]
# None stands for the looks in turn.
SPREAD = pytest.mark.parametrize("look", [pytest.param(None, id="in-turn"), *ALL])


def spread(rows: tuple[Row, ...], look: Look | None, first: int = 0) -> list[tuple[Row, Look]]:
    """Each page with a look; `first` is whose turn it is at the first page."""
    return [(row, look or LOOKS[(first + at) % len(LOOKS)]) for at, row in enumerate(rows)]


def _themes(look: Look | None, in_turn: tuple[str, ...]) -> tuple[str, ...]:
    """In which colours to photograph: the look's own, since the others have theirs."""
    return (look[0],) if look else in_turn


@SPREAD
def test_pages_are_whole_while_nothing_exists(
    browser: Browser, server: Server, people: People, look: Look | None
) -> None:
    """Stands first: no test before it may have asked for the world."""
    sweep = Sweep(browser, server, people, None)
    sweep.check(spread(EMPTY, look), parts=2 if look else 0, themes=_themes(look, ()))


@pytest.mark.parametrize("group", GROUPS)
@SPREAD
def test_every_page_is_whole(
    browser: Browser,
    server: Server,
    people: People,
    world: World,
    look: Look | None,
    group: str,
) -> None:
    first = list(GROUPS).index(group)
    sweep = Sweep(browser, server, people, world)
    sweep.check(
        spread(GROUPS[group], look, first), parts=2 if look else 1, themes=_themes(look, THEMES)
    )


@SPREAD
def test_pages_are_whole_for_whoever_may_not_open_them(
    browser: Browser, server: Server, people: People, world: World, look: Look | None
) -> None:
    rows = FORBIDDEN if look else FORBIDDEN[:: len(FORBIDDEN) // 5]
    Sweep(browser, server, people, world).check(spread(rows, look, 3))


@SPREAD
def test_pages_are_whole_while_the_live_socket_is_lost(
    browser: Browser, server: Server, people: People, world: World, look: Look | None
) -> None:
    rows = tuple(row for row in PAGES if row.name in {"ops_home", "job_page", "tenant_home"})
    sweep = Sweep(browser, server, people, world, cut=True)
    sweep.check(spread(rows, look, 5))


@SPREAD
def test_pages_are_whole_while_no_cluster_is_heard(
    browser: Browser, server: Server, people: People, world: World, look: Look | None
) -> None:
    """Each kind of page in every run, all of them with --long."""
    hours = timedelta(hours=3)
    rows = STALE if look else tuple({row.route: row for row in STALE}.values())
    with scope(Viewer.system("tests")):
        Cluster.objects.update(last_contact_at=F("last_contact_at") - hours)
    sweep = Sweep(browser, server, people, world)
    sweep.check(spread(rows, look, 1), themes=_themes(look, ()))
    with scope(Viewer.system("tests")):
        Cluster.objects.update(last_contact_at=F("last_contact_at") + hours)
