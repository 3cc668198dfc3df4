"""Placing anew on the simulator: the same tests as on a control plane."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator.bed import SimulatedBed
from tests.scheduling.test_replace import *  # noqa: F403

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def forty_bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedBed]:
    """Forty nodes, so that there is another place."""
    made = SimulatedBed(tmp_path_factory.mktemp("berth") / "replace", fleet="bed").up()
    yield made
    made.down()
