"""Ends what a killed `bin/start` leaves behind; which process groups, it is told on its input.

The kernel asks the children of a killed starter to end, but nobody insists: Celery's shutdown, for
one, can wait for ever on a pipe of its pool. This process outlives the starter for that.
"""

from __future__ import annotations

import os
import signal
import sys
import time


def main(patience: float) -> int:
    """Read ids of process groups until the starter is gone; then wait some seconds, and insist."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups = {int(line) for line in sys.stdin}
    deadline = time.monotonic() + patience
    while groups := {group for group in groups if _signal(group, 0)}:
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    for group in groups:
        _signal(group, signal.SIGKILL)
    return 0


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; False where it is gone."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
