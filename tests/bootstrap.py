"""Loaded before Django: gives this process real servers and databases of its own.

Each run takes a free slot, each of its workers a number; database names and the Valkey database
follow from both. Programs that a test starts inherit the same addresses from the environment.
"""

from __future__ import annotations

import os

from deploy.setup.test_servers import run_environment, servers_ensure, servers_hold, slot_take

held: list[int] = []  # open descriptors are the locks; they end with the process


def environment_prepare() -> None:
    """Point this process at its own databases (made later, by the first test that needs one)."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        held.append(servers_hold())
        servers_ensure()
        slot, descriptor = slot_take()
        held.append(descriptor)
        os.environ["BERTH_TEST_SLOT"] = str(slot)
    slot = int(os.environ["BERTH_TEST_SLOT"])
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    os.environ.update(run_environment(slot=slot, worker=number))


environment_prepare()
