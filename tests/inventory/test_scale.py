"""500 nodes and 5,000 pods of a real control plane through `manage.py watch`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from deploy.testbed import Bed, ToolchainMissing, bed_down, bed_up
from tests.inventory.scale import cost_measure, pods_make
from tests.inventory.world import cluster_make

pytestmark = [
    pytest.mark.bed,
    pytest.mark.storm,
    pytest.mark.long,
    pytest.mark.timeout(1200),
    pytest.mark.django_db(transaction=True),
]
PODS = 5000
MAX_RSS_MB = 400


@pytest.fixture
def wide(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Bed]:
    """A bed of 500 nodes with 5,000 pods that were told where to stand."""
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)
    directory = tmp_path_factory.mktemp("beds") / "wide"
    try:
        bed = bed_up(name="wide", fleet="wide", directory=directory)
    except ToolchainMissing as missing:
        pytest.skip(f"NO CONTROL PLANE WAS TESTED. {missing}")
    pods_make(bed.client("admin"), PODS)
    yield bed
    bed_down(directory=directory)


def test_a_large_cluster_comes_in_once_and_a_relist_writes_nothing(
    wide: Bed, tmp_path: Path
) -> None:
    cost = cost_measure(cluster_make(wide), nodes=500, pods=PODS, quiet_s=60, log=tmp_path / "log")

    print(cost)  # noqa: T201
    assert cost.resync_row_writes == 0
    assert cost.rss_mb < MAX_RSS_MB
