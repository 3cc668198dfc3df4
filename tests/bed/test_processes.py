"""Processes are ended only when both their id and their start are the recorded ones."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.testbed.processes import (
    ProcessRecord,
    is_running,
    read_record,
    start_process,
    stop_process,
    wait_for_end,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def start(records: Path, command: list[str] | None = None) -> ProcessRecord:
    return start_process(
        command or SLEEP,
        record=records / "one",
        log=records / "one.log",
        environment={"PATH": "/usr/bin:/bin"},
    )


def test_started_recorded_and_ended(records: Path) -> None:
    process = start(records)
    assert process.is_alive()
    assert read_record(records / "one") == process
    stop_process(records / "one")
    assert not process.is_alive()
    assert not (records / "one").exists()


def test_output_goes_to_the_log(records: Path) -> None:
    process = start(records, ["/bin/sh", "-c", "echo out; echo err >&2"])
    assert wait_for_end(process, 10)
    assert (records / "one.log").read_text().split() == ["out", "err"]


def test_a_record_of_another_start_does_no_harm(records: Path) -> None:
    """A process id used again, or a boot since: whoever has that number now is left alone."""
    other = start(records)
    boot, stat = (records / "one").read_text().splitlines()
    head, fields = stat.rsplit(")", 1)
    parts = fields.split()
    parts[19] = str(other.start_ticks - 1)
    for text in (f"{boot}\n{head}) {' '.join(parts)}\n", f"another-boot\n{stat}\n"):
        stale = records / "stale"
        stale.write_text(text)
        assert not is_running(stale)
        stop_process(stale)
        assert other.is_alive()
        assert not stale.exists()
    stop_process(records / "one")


@pytest.mark.parametrize("text", ["", "12", "boot\nnot a stat line", "boot\n12 (x) S 1"])
def test_a_damaged_record_counts_as_none(records: Path, text: str) -> None:
    (records / "one").write_text(text)
    assert read_record(records / "one") is None
    stop_process(records / "one")


def test_a_process_that_ignores_sigterm_is_killed(records: Path) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); "
    process = start(records, [sys.executable, "-c", code + "time.sleep(60)"])
    while "1" not in (records / "one.log").read_text():
        assert process.is_alive()
    stop_process(records / "one", patience_seconds=0.2)
    assert not process.is_alive()


def test_a_frozen_process_is_ended(records: Path) -> None:
    process = start(records)
    process.send(signal.SIGSTOP)
    stop_process(records / "one")
    assert not process.is_alive()


def test_the_process_outlives_its_starter_and_is_still_known(records: Path) -> None:
    code = (
        "from pathlib import Path; from deploy.testbed.processes import start_process; "
        f"start_process({SLEEP!r}, record=Path({str(records / 'one')!r}), "
        f"log=Path({str(records / 'log')!r}), environment={{}})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": "."})
    process = read_record(records / "one")
    assert process is not None
    assert process.is_alive()
    stop_process(records / "one")
