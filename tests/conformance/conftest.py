"""Both servers, each started once: the simulator always, a control plane where Go built one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from deploy.testbed import DEFAULT_VERSION, ToolchainMissing, bed_down, bed_up
from simulator.bed import SimulatedBed
from tests.conformance.places import bed_place, simulator_place
from tests.conformance.talk import Place


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedBed]:
    """A simulator of fleet small."""
    bed = SimulatedBed(tmp_path_factory.mktemp("conformance") / "simulator").up()
    yield bed
    bed.down()


@pytest.fixture(scope="session")
def simulator(simulated: SimulatedBed) -> Place:
    """The simulator's users."""
    return simulator_place(simulated)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A real API server of fleet small; skipped loudly where Go is missing."""
    directory = tmp_path_factory.mktemp("conformance") / "bed"
    version = os.environ.get("BED_VERSION", DEFAULT_VERSION)
    try:
        bed = bed_up(name="conformance", version=version, fleet="small", directory=directory)
    except ToolchainMissing as missing:
        pytest.skip(f"THE SIMULATOR WAS HELD TO RECORDED ANSWERS ALONE. {missing}")
    yield bed_place(bed)
    bed_down(directory=directory)
