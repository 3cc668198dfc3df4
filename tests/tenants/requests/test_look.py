"""The pages of requests in a browser: whole, silent and readable in every look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.looking import axe_find, page_open, signed_in
from tests.people import People
from tests.portal.servers import Server, uvicorn_running
from tests.tenants.requests.harbour import Harbour
from tests.tenants.requests.scenery import Scenery, scenery_make

SHOTS = Path(__file__).resolve().parents[2] / "artifacts" / "requests"
LOOKS = [
    ("light", 1366, "en"),
    ("dark", 1366, "zh-hans"),
    ("light", 390, "zh-hans"),
    ("dark", 390, "en"),
]
TENANTS_PAGES = {
    "list": "/t/vision/requests/",
    "new": "/t/vision/requests/new/?pool=h100&replicas=2&devices=4&cores=16&memory=128&name=train-2",  # noqa: E501
    "new-quota": "/t/vision/requests/new/?kind=quota",
    "new-renew": "/t/vision/requests/new/?kind=renew",
    "draft": "/t/vision/requests/{draft}/edit/",
    "waiting": "/t/vision/requests/{waiting}/",
    "offered": "/t/vision/requests/{offered}/",
    "approved": "/t/vision/requests/{approved}/",
    "rejected": "/t/vision/requests/{rejected}/",
}
OPERATORS_PAGES = {
    "queue": "/ops/queue/",
    "queue-allocation": "/ops/queue/{waiting}/",
    "queue-quota": "/ops/queue/{quota}/",
    "queue-own": "/ops/queue/{own}/",
}
EMPTY = {"empty-list": "/t/speech/requests/"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def server(people_committed: People, assets: Path, tmp_path: Path) -> Iterator[Server]:
    """The program on this test's database."""
    with uvicorn_running(tmp_path / "log", BERTH_DEBUG="1") as running:
        yield running


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_every_page_is_whole(
    browser: Browser, server: Server, harbour_committed: Harbour, look: tuple[str, int, str]
) -> None:
    scenery = scenery_make(harbour_committed)
    people = harbour_committed.people
    wrong: list[tuple[str, object]] = []
    for who, pages in ((people.alice, TENANTS_PAGES), (people.operator, OPERATORS_PAGES)):
        context = signed_in(browser, server.origin, who, look)
        wrong += looked_at(context, server, pages, look, scenery)
        context.close()
    assert wrong == []


def looked_at(
    context: BrowserContext,
    server: Server,
    pages: dict[str, str],
    look: tuple[str, int, str],
    scenery: Scenery,
) -> list[tuple[str, object]]:
    """Picture each page; return what it complained about, what axe found, what sticks out."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    ids = {name: getattr(scenery, name).pk for name in Scenery.__slots__}
    wrong: list[tuple[str, object]] = []
    for name, path in pages.items():
        page, complaints = page_open(context, server.origin + path.format(**ids))
        page.wait_for_timeout(900)
        page.screenshot(path=SHOTS / f"{name}-{'-'.join(map(str, look))}.png", full_page=True)
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found = axe_find(page)
        problems = [*complaints, *found] + ([f"sideways {sideways}"] if sideways > 0 else [])
        wrong += [(name, problem) for problem in problems]
        page.close()
    return wrong
