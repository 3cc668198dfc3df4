"""The simulator in the place of a control plane, for the tests of the rooms that need a cluster.

Their own fixtures build on `small_bed` and `bed`; here both are a simulator.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.bed import SimulatedBed
from tests import stand_in
from tests.scheduling.conftest import FLEET, bare, world

__all__ = ["bare", "world"]
HERE = Path(__file__).parent
# They wait for long, and run on a control plane in every run that has one.
LONG = (
    "test_an_edit_can_be_accepted_and_is_shown_no_more",
    "test_a_foreign_object_in_place_of_ours_is_drift_and_survives_the_release",
    "test_what_waits_for_another_place_can_be_released",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slowest here alone: the functions themselves are those of other modules."""
    for item in items:
        if item.path.parent == HERE and item.name in LONG:
            for mark in stand_in.MARKS:
                item.add_marker(mark)


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
