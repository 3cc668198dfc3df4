"""The processes of bin/start go on where their output can't be kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from deploy.setup.supervise import GUARDIAN, Child

FULL = Path("/dev/full")  # a device that answers as a full disk does
LINES = 5_000  # more than a pipe holds
TALKS = f"for number in range({LINES}): print('line', number, 'of a long story')"


def test_a_process_does_not_stop_where_its_log_finds_the_disk_full(
    capsys: pytest.CaptureFixture[str],
) -> None:
    child = Child("talker", [sys.executable, "-c", TALKS], os.environ, FULL)
    child.start()
    assert child.process is not None
    assert child.shown is not None

    assert child.process.wait(timeout=60) == 0
    child.shown.join(timeout=60)
    GUARDIAN.dismiss()

    said = capsys.readouterr().out
    assert said.count("of a long story") == LINES
    assert said.count(f"!! {FULL} can't be written (No space left on device)") == 1
