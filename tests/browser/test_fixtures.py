"""Browser tests leave the rest of the session as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tenants.models import Tenant
from tests.people import People
from tests.portal.servers import process_running


@pytest.mark.browser
def test_the_database_answers_beside_the_browser(
    browser: Browser, people_committed: People
) -> None:
    assert browser.is_connected()
    client = people_committed.operator.client()
    assert client.get("/ops/tenants/").status_code == 200
    with pytest.raises(Tenant.DoesNotExist):  # answered, not refused
        Tenant.objects.get(key="nobody")


@pytest.mark.browser
def test_programs_that_tests_start_get_no_leave_of_the_kind(
    browser: Browser, tmp_path: Path
) -> None:
    assert os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] == "true"
    log = tmp_path / "log"
    code = "import os; print('DJANGO_ALLOW_ASYNC_UNSAFE' in os.environ)"
    with process_running(log, "-c", code) as process:
        process.wait(20)
    assert log.read_text() == "False\n"


def test_nothing_runs_after_the_browser_that_needs_none(request: pytest.FixtureRequest) -> None:
    marked = [item.get_closest_marker("browser") is not None for item in request.session.items]
    assert marked == sorted(marked)
