"""The bed and a world on it, shared by the tests of scheduling."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from deploy.testbed import Bed, ToolchainMissing, bed_down, bed_up, load_fleet
from deploy.testbed.nodes import create_nodes, wait_for_nodes
from tests.people import people_make
from tests.scheduling.world import (
    World,
    cluster_make,
    mirror_ready,
    pace_forget,
    pools_make,
    quota_give,
    space_remove,
    system,
)

GIB = 1024**3
NAME = f"scheduling-{os.getpid()}"  # runs beside each other don't share a bed
FLEET = str(Path(__file__).with_name("fleet.yaml"))
NODES = 4
AMOUNTS = {"cpu": 64_000, "memory": 512 * GIB, "h100-sxm-80gb": 8}


@pytest.fixture(scope="session")
def small_bed() -> Iterator[Bed]:
    """A control plane with four nodes; skipped, with the way out, where it can't be built."""
    try:
        bed = bed_up(name=NAME, fleet=FLEET)
    except ToolchainMissing as missing:
        pytest.skip(str(missing))
    yield bed
    bed_down(name=NAME)


@contextmanager
def world_open(bed: Bed, **cluster: Any) -> Iterator[World]:
    """A world without a watcher, with quota still to be given; its namespaces go at the end."""
    people = people_make()
    with system():
        found = World(bed, cluster_make(bed, **cluster), pools_make(), people)
    try:
        yield found
    finally:
        for name in found.names("namespaces"):
            if name.startswith("berth-vision"):
                space_remove(bed, name)
        fleet = load_fleet(FLEET)
        create_nodes(bed.client(), fleet)  # those that a test took away
        for node in fleet.nodes:
            bed.client().merge(f"/api/v1/nodes/{node.name}", {"spec": {"unschedulable": None}})
        wait_for_nodes(bed.client(), fleet)
        pace_forget()


@pytest.fixture
def bare(small_bed: Bed, transactional_db: None, settings: Settings) -> Iterator[World]:
    """A world whose mirror is still empty: the test brings the watcher."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast
    with world_open(small_bed) as found:
        yield found


@pytest.fixture
def world(bare: World) -> Iterator[World]:
    """A world with a running watcher and quota for vision."""
    with bare.watching():
        mirror_ready(bare.cluster, nodes=NODES)
        quota_give(amounts=AMOUNTS)
        yield bare
