"""The simulator in the place of a control plane, for the tests of the rooms that need a cluster.

Their own fixtures build on `small_bed` and `bed`; here both are a simulator.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator.bed import SimulatedBed
from tests.scheduling.conftest import FLEET, bare, world

__all__ = ["bare", "world"]


@pytest.fixture(scope="session")
def small_bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedBed]:
    """Four nodes, as the tests of scheduling want them."""
    directory = tmp_path_factory.mktemp("berth") / "scheduling"
    bed = SimulatedBed(directory, fleet=FLEET, name="scheduling").up()
    yield bed
    bed.down()


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedBed]:
    """Three nodes with the shipped manifests, as the tests of the adapter want them."""
    directory = tmp_path_factory.mktemp("berth") / "inventory"
    made = SimulatedBed(directory, fleet="small", name="inventory").up()
    yield made
    made.down()
