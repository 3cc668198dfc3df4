"""An arena for each storm, and a way to say what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from deploy.testbed import ToolchainMissing
from tests.storms.arena import Arena, arena_open
from tests.storms.storm import LEASE_SECONDS


@pytest.fixture
def arena(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arena]:
    """An arena; skipped, with the way out, where it can't be built."""
    settings.JOB_LEASE_SECONDS = LEASE_SECONDS
    monkeypatch.setattr("portal.jobs.requests.ring", lambda **_: True)
    try:
        with arena_open(tmp_path) as found:
            yield found
    except ToolchainMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Write a line into the test's output, captured or not."""
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")

    def write(line: str) -> None:
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"   {line}")

    return write
