"""The bed and a world on it, shared by the tests of scheduling."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from deploy.testbed import Bed, ToolchainMissing, bed_down, bed_up
from tests.people import People, people_make
from tests.scheduling.world import World, cluster_make, mirror_ready, pools_make, quota_give, system

GIB = 1024**3
NAME = f"scheduling-{os.getpid()}"  # runs beside each other don't share a bed


@pytest.fixture(scope="session")
def small_bed() -> Iterator[Bed]:
    """A control plane with three nodes; skipped, with the way out, where it can't be built."""
    try:
        bed = bed_up(name=NAME, fleet="small")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))
    yield bed
    bed_down(name=NAME)


@pytest.fixture
def world(small_bed: Bed, transactional_db: None) -> Iterator[World]:
    """A world with a running watcher and quota for vision; its namespaces go at the end."""
    people: People = people_make()
    assert people
    with system():
        found = World(small_bed, cluster_make(small_bed), pools_make())
    with found.watching():
        mirror_ready(found.cluster, nodes=3)
        quota_give(amounts={"cpu": 64_000, "memory": 512 * GIB, "h100-sxm-80gb": 8})
        yield found
    spaces = [name for name in found.names("namespaces") if name.startswith("berth-vision")]
    for name in spaces:
        small_bed.kubectl("delete", "namespace", name, "--wait=true", "--timeout=60s")
