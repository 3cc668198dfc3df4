"""bin/bench and bin/py keep standard output for what was asked for."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.setup.start_process import ROOT

BENCHMARKS = ("pages", "watch")
SMALL = {"pages": ("--only", "tenant_home"), "watch": ()}
LONGEST_SECONDS = 280
pytestmark = pytest.mark.timeout(600)


def ran(*command: str | Path, state: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of bin/, with databases of its own even where this is one of many workers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        command,
        env=kept | ({"BERTH_STATE_DIR": str(state)} if state else {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_SECONDS,
    )


def test_help_names_the_benchmarks_and_nothing_that_they_share() -> None:
    told = ran(ROOT / "bin" / "bench", "--help")

    assert told.stdout.split("one of: ")[1].strip().split(", ") == list(BENCHMARKS)


def test_a_benchmark_that_is_not_there_is_no_result() -> None:
    told = ran(ROOT / "bin" / "bench", "world", "--json")

    assert (told.returncode, told.stdout) == (2, "")
    assert f"There are: {', '.join(BENCHMARKS)}." in told.stderr


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_prints_one_object_and_nothing_else(name: str) -> None:
    told = ran(ROOT / "bin" / "bench", name, "--json", "--tiny", *SMALL[name])

    assert told.stdout, told.stderr
    found = json.loads(told.stdout)
    assert isinstance(found, dict)
    assert found, "something was measured"


def test_a_first_run_says_what_it_does_beside_the_result(tmp_path: Path) -> None:
    state = tmp_path / "state"
    try:
        told = ran(ROOT / "bin" / "py", "-c", "print('the result')", state=state)
    finally:
        ended = ran(ROOT / "bin" / "py", "--stop", state=state)

    assert told.stdout == "the result\n"
    assert "-> Starting the tests' own PostgreSQL" in told.stderr
    assert ended.returncode == 0
