"""The pages of fleet and audit in a browser: whole, silent and readable in every look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from inventory.models import Node
from portal.jobs.requests import job_request
from portal.scope import scope
from portal.viewer import Viewer
from tests.browser.looking import axe_find, page_open, signed_in
from tests.inventory.pages.fleet import SYSTEM, fleet_make
from tests.people import People
from tests.portal.servers import Server, relay_running, uvicorn_running

SHOTS = Path(__file__).resolve().parents[2] / "artifacts" / "inventory"
LOOKS = [
    ("light", 1366, "en"),
    ("dark", 1366, "zh-hans"),
    ("light", 390, "zh-hans"),
    ("dark", 390, "en"),
]
PAGES = {
    "clusters": "/ops/clusters/",
    "cluster": "/ops/clusters/north/",
    "cluster-silent": "/ops/clusters/south/",
    "cluster-new": "/ops/clusters/new/",
    "cluster-setup": "/ops/clusters/north/setup/",
    "cluster-edit": "/ops/clusters/north/edit/",
    "cluster-rotate": "/ops/clusters/north/rotate/",
    "cluster-pause": "/ops/clusters/north/pause/",
    "cluster-remove": "/ops/clusters/north/remove/",
    "nodes": "/ops/nodes/?pool=gpu",
    "node": "/ops/nodes/north/north-gpu-0/",
    "pools": "/ops/pools/",
    "pool-new": "/ops/pools/new/",
    "pool": "/ops/pools/gpu/",
    "devices": "/ops/devices/types/",
    "device-new": "/ops/devices/types/new/",
    "mapping-new": "/ops/devices/mappings/new/",
    "audit": "/ops/audit/",
}
EMPTY = {name: PAGES[name] for name in ("clusters", "pools", "devices")} | {"nodes": "/ops/nodes/"}

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


def fleet_fill() -> None:
    """The fleet, with jobs on it and a device key that nothing explains."""
    fleet = fleet_make()
    with scope(SYSTEM):
        odd = Node.objects.get(name="north-cpu-0")
        odd.raw_capacity = odd.capacity = {**odd.capacity, "habana.ai/gaudi": 8}
        odd.save()
        job_request(
            kind="cluster.test",
            key=f"cluster:{fleet.north.pk}:test",
            viewer=Viewer.system("tests"),
            args={"cluster_id": fleet.north.pk},
        )


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_every_page_is_whole(
    browser: Browser, server: Server, people_committed: People, look: tuple[str, int, str]
) -> None:
    context = signed_in(browser, server.origin, people_committed.operator, look)
    empty = {f"empty-{name}": path for name, path in EMPTY.items()}
    wrong = looked_at(context, server, empty, look)
    fleet_fill()
    wrong += looked_at(context, server, PAGES, look)
    context.close()
    assert wrong == []


def test_somebody_elses_change_appears(
    browser: Browser, server: Server, people_committed: People
) -> None:
    fleet_fill()
    context = signed_in(browser, server.origin, people_committed.auditor, LOOKS[0])
    with relay_running():
        page, _complaints = page_open(context, f"{server.origin}/ops/clusters/north/")
        page.evaluate("window.sameDocument = true")
        client = people_committed.operator.client()
        answer = client.post("/ops/clusters/north/pause/", {"reason": "roof"})
        assert answer.status_code == 302
        page.get_by_text("Paused by an operator.").wait_for()
        assert page.evaluate("window.sameDocument") is True
    context.close()


def looked_at(
    context: BrowserContext, server: Server, pages: dict[str, str], look: tuple[str, int, str]
) -> list[tuple[str, object]]:
    """Picture each page; return what it complained about, what axe found, what sticks out."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    wrong: list[tuple[str, object]] = []
    for name, path in pages.items():
        page, complaints = page_open(context, server.origin + path)
        page.wait_for_timeout(300)
        page.screenshot(path=SHOTS / f"{name}-{'-'.join(map(str, look))}.png", full_page=True)
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found = axe_find(page)
        problems = [*complaints, *found] + ([f"sideways {sideways}"] if sideways > 0 else [])
        wrong += [(name, problem) for problem in problems]
        page.close()
    return wrong
