"""Loaded before Django: gives this process real servers and databases of its own.

Each run takes a free slot, each of its workers a number; database names and the Valkey database
follow from both. Programs that a test starts inherit the same addresses from the environment.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout

from deploy.setup.errors import SetupError, errors_worded
from deploy.setup.test_servers import run_environment, servers_ensure, servers_hold, slot_take

held: list[int] = []  # open descriptors are the locks; they end with the process


def environment_prepare() -> None:
    """Point this process at its own databases (made later, by the first test that needs one)."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        _servers_take()
    slot = int(os.environ["BERTH_TEST_SLOT"])
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    os.environ.update(run_environment(slot=slot, worker=number))


def _servers_take() -> None:
    """Have servers and a slot of our own; where that can't be, end with the sentence that helps."""
    with redirect_stdout(sys.stderr):  # a benchmark's standard output is its result alone
        try:
            with errors_worded():
                held.append(servers_hold())
                servers_ensure()
                slot, descriptor = slot_take()
        except SetupError as error:
            sys.exit(str(error))
    held.append(descriptor)
    os.environ["BERTH_TEST_SLOT"] = str(slot)


environment_prepare()
