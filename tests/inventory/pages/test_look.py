"""What two people see of the fleet at the same time; tests/browser looks at all its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import page_open, signed_in
from tests.inventory.pages.fleet import fleet_make
from tests.people import People
from tests.portal.servers import Server, relay_running, uvicorn_running

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def server(people_committed: People, static_root: Path, tmp_path: Path) -> Iterator[Server]:
    """The program on this test's database."""
    with uvicorn_running(tmp_path / "log", BERTH_STATIC_ROOT=str(static_root)) as running:
        yield running


def test_somebody_elses_change_appears(
    browser: Browser, server: Server, people_committed: People
) -> None:
    fleet_make()
    look = ("light", 1366, "en")
    context = signed_in(browser, server.origin, people_committed.auditor, look)
    with relay_running():
        page, _complaints = page_open(context, f"{server.origin}/ops/clusters/north/")
        page.evaluate("window.sameDocument = true")
        client = people_committed.operator.client()
        answer = client.post("/ops/clusters/north/pause/", {"reason": "roof"})
        assert answer.status_code == 302
        page.get_by_text("Paused by an operator.").wait_for()
        assert page.evaluate("window.sameDocument") is True
    context.close()
