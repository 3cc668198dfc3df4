"""500 nodes and 5,000 pods of a real control plane through `manage.py watch`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from deploy.testbed import Bed, ToolchainMissing, bed_down, bed_up
from inventory.models import WatchState
from portal.scope import scope
from tests.inventory import objects
from tests.inventory.conftest import wait_until
from tests.inventory.world import SYSTEM, cluster_make, mirrored, watcher, watching

pytestmark = [
    pytest.mark.bed,
    pytest.mark.storm,
    pytest.mark.long,
    pytest.mark.timeout(1200),
    pytest.mark.django_db(transaction=True),
]
PODS = 5000
SPACES = 20
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
    pods_make(bed)
    yield bed
    bed_down(directory=directory)


def pods_make(bed: Bed) -> None:
    """Create the pods by a few hands at once."""
    client = bed.client("admin")
    nodes = [item["metadata"]["name"] for item in client.get("/api/v1/nodes")["items"]]
    for n in range(SPACES):
        client.create("/api/v1/namespaces", {"metadata": {"name": f"load-{n}"}})
        path = f"/api/v1/namespaces/load-{n}/serviceaccounts/default"
        wait_until(lambda path=path: _answers(bed, path))

    def make(n: int) -> None:
        space = f"load-{n % SPACES}"
        body = objects.pod(f"p{n}", space, nodeName=nodes[n % len(nodes)])
        client.create(f"/api/v1/namespaces/{space}/pods", body)

    with ThreadPoolExecutor(6) as hands:
        list(hands.map(make, range(PODS)))


def _answers(bed: Bed, path: str) -> bool:
    try:
        bed.client("admin").get(path)
    except Exception:  # noqa: BLE001 (not there yet, whatever the reason)
        return False
    return True


def _rss_mb(pid: int) -> float:
    """Resident memory of a process; 0 where the system has no /proc."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def _row_writes() -> int:
    """Rows that were written to the mirror since the database was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
            " WHERE relname IN ('inventory_node', 'inventory_pod', 'inventory_namespace')"
        )
        return int(cursor.fetchone()[0])


def test_a_large_cluster_comes_in_once_and_a_relist_writes_nothing(
    wide: Bed, tmp_path: Path
) -> None:
    cluster = cluster_make(wide)
    began = time.monotonic()
    with watcher(tmp_path / "log") as process:
        wait_until(lambda: len(mirrored(cluster, "pods")) == PODS, seconds=300)
        import_s = time.monotonic() - began
        assert len(mirrored(cluster, "nodes")) == 500
        wait_until(lambda: watching(cluster), seconds=60)
        rss_mb = _rss_mb(process.process.pid)
        time.sleep(60)  # kubelets settle, and the statistics of the database come in
        assert process.end() == 0
    before = _row_writes()
    with scope(SYSTEM):
        WatchState.objects.update(resource_version="")
    with watcher(tmp_path / "again") as process:
        wait_until(lambda: watching(cluster), seconds=120)
        assert process.end() == 0
    time.sleep(2)
    print({"import_s": round(import_s, 1), "rss_mb": round(rss_mb)})  # noqa: T201
    assert _row_writes() == before
    assert rss_mb < MAX_RSS_MB
