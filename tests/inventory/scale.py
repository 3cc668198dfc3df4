"""A large cluster: its pods, and what it costs to mirror them and to list them again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.utils import timezone

from deploy.testbed import ApiClient, ApiError
from inventory.models import Cluster, WatchState
from portal.scope import scope
from tests.inventory import objects
from tests.inventory.conftest import wait_until
from tests.inventory.world import SYSTEM, mirrored, watcher, watching

SPACES = 20
HANDS = 6
STEADY_READ_SECONDS = 1.0
STATISTICS_SECONDS = 2.0  # PostgreSQL's come in a second after a session's end


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds until everything was in, memory of the watcher then, rows that a relist wrote."""

    import_s: float
    rss_mb: float
    resync_row_writes: int


def pods_make(client: ApiClient, count: int) -> None:
    """Create pods that were told where to stand, by a few hands at once."""
    nodes = [item["metadata"]["name"] for item in client.get("/api/v1/nodes")["items"]]
    for n in range(SPACES):
        client.create("/api/v1/namespaces", {"metadata": {"name": f"load-{n}"}})
    for n in range(SPACES):
        path = f"/api/v1/namespaces/load-{n}/serviceaccounts/default"
        wait_until(lambda path=path: _found(client, path))

    def make(n: int) -> None:
        space = f"load-{n % SPACES}"
        body = objects.pod(f"p{n}", space, nodeName=nodes[n % len(nodes)])
        client.create(f"/api/v1/namespaces/{space}/pods", body)

    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(make, range(count)))


def cost_measure(cluster: Cluster, *, nodes: int, pods: int, quiet_s: float, log: Path) -> Cost:
    """Mirror a registered cluster of so many; when it is quiet stop, forget, and list it again.

    `quiet_s` is how long nothing may be written before that: kubelets settle in their own time.
    """
    began = time.monotonic()
    with watcher(log) as process:
        wait_until(lambda: len(mirrored(cluster, "pods")) == pods, seconds=300)
        wait_until(lambda: len(mirrored(cluster, "nodes")) == nodes, seconds=60)
        import_s = time.monotonic() - began
        wait_until(lambda: watching(cluster), seconds=60)
        memory = rss_mb(process.process.pid)
        _quiet_wait(quiet_s)
        assert process.end() == 0
    time.sleep(STATISTICS_SECONDS)
    before, stopped_at = row_writes(), timezone.now()
    with scope(SYSTEM):
        WatchState.objects.filter(cluster=cluster).update(resource_version="")
    with watcher(log) as process:
        wait_until(lambda: watching(cluster), seconds=120)
        assert process.end() == 0
    with scope(SYSTEM):
        states = WatchState.objects.filter(cluster=cluster)
        assert not states.exclude(last_list_at__gt=stopped_at).exists(), "it was not listed again"
    time.sleep(STATISTICS_SECONDS)
    return Cost(import_s, memory, row_writes() - before)


def rss_mb(pid: int) -> float:
    """Resident memory of a process; 0 where the system has no /proc."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def row_writes() -> int:
    """Rows that were written to the mirror since the database was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
            " WHERE relname IN ('inventory_node', 'inventory_pod', 'inventory_namespace')"
        )
        return int(cursor.fetchone()[0])


def _quiet_wait(seconds: float) -> None:
    """Wait until no row was written for so long; at most ten minutes."""
    end = time.monotonic() + 600
    last, since = row_writes(), time.monotonic()
    while time.monotonic() - since < seconds and time.monotonic() < end:
        time.sleep(STEADY_READ_SECONDS)
        if (now := row_writes()) != last:
            last, since = now, time.monotonic()


def _found(client: ApiClient, path: str) -> bool:
    try:
        client.get(path)
    except ApiError as error:
        if error.status != 404:
            raise
        return False
    return True
