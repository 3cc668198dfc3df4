"""Two nodes, a watcher in a process of its own, and a fresh tenant for every run of a storm."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.testbed import Bed, bed_down, bed_up, load_fleet
from deploy.testbed.nodes import create_nodes
from inventory.models import Node
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES
from scheduling.models import Allocation, NodeCommitment
from scheduling.services.allocations import CREATE, RELEASE, REPLACE, allocation_release
from scheduling.services.nodes import quota_node_create
from scheduling.services.quota import QuotaEdit, quota_set
from tests.inventory.world import watcher
from tests.scheduling.world import World, cluster_make, mirror_ready, pools_make, system, until
from tests.storms.storm import finish

FLEET = str(Path(__file__).with_name("fleet.yaml"))
NODES = ("cpu-1", "cpu-2")
ROOT = "storms"
SHAPE = {"cpu": 40, "memory": 64 * 2**20}  # 20 rounds of 100 tenants fit into PLENTY
PLENTY = {"cpu": 100_000, "memory": 400 * 2**30}


@dataclass
class Trail:
    """What was read of the API server's log so far: objects of Berth's, and how often made."""

    offset: int = 0
    own: set[str] = field(default_factory=set)
    made: Counter[str] = field(default_factory=Counter)


class Arena:
    """A world in which jobs are asked for in bulk; nobody runs them but the storm."""

    def __init__(self, world: World, *, mirror_pid: int) -> None:
        self.world = world
        self.mirror_pid = mirror_pid  # of the watcher
        self.bed: Bed = world.bed
        self.trail = Trail()
        self.home = 0
        self._count = 0

    def ask(self, count: int) -> list[JobRun]:
        """Allocations to bring up, each for a tenant that has nothing yet; their jobs."""
        names = [f"k{self._count + n}" for n in range(count)]
        self._count += count
        with system() as viewer:
            for name in names:
                quota_node_create(tenant_key=name, parent_key=ROOT)
            edits = [
                QuotaEdit(name, "cpu", resource, amount)
                for name in names
                for resource, amount in SHAPE.items()
            ]
            quota_set(edits=edits, why="tests", viewer=viewer)
        found = [self.world.ask("run", tenant_key=n, pool="cpu", shape=SHAPE) for n in names]
        return self.jobs(found, CREATE)

    def jobs(self, allocations: list[Allocation], kind: str) -> list[JobRun]:
        """The newest job of a kind for each."""
        with system():
            keys = [allocation.job_key for allocation in allocations]
            rows = JobRun.objects.filter(kind=kind, key__in=keys).order_by("pk")
            by_key = {job.key: job for job in rows}
        return [by_key[key] for key in keys]

    def held(self) -> list[Allocation]:
        """Allocations that stand, healthy or not yet."""
        with system():
            return list(Allocation.objects.exclude(state="released").order_by("pk"))

    def release(self, allocations: list[Allocation]) -> list[JobRun]:
        """Ask for all to be given back."""
        for allocation in allocations:
            with system() as viewer:
                allocation_release(allocation=allocation, viewer=viewer)
        return self.jobs(allocations, RELEASE)

    def lose_node(self) -> list[JobRun]:
        """Delete the node that all stand on; the watcher asks for each to be placed anew."""
        allocations = self.held()
        old, self.home = self.home, 1 - self.home
        self.cordon(NODES[self.home], on=False)
        self.bed.client().delete(f"/api/v1/nodes/{NODES[old]}")

        def asked() -> bool:
            with system():
                return JobRun.objects.filter(kind=REPLACE, state__in=ACTIVE_STATES).count() >= len(
                    allocations
                )

        until(asked, seconds=60)
        return self.jobs(allocations, REPLACE)

    def restore_nodes(self) -> None:
        """Bring the lost node back, and keep everything new away from it."""
        create_nodes(self.bed.client(), load_fleet(FLEET))
        self.cordon(NODES[1 - self.home], on=True)

    def cordon(self, name: str, *, on: bool) -> None:
        """Let a node take no new pods, or again; wait until the mirror knows."""

        def patched() -> bool:
            path, spec = f"/api/v1/nodes/{name}", {"unschedulable": on or None}
            self.bed.client().merge(path, {"spec": spec})
            with system():
                ready = Node.objects.filter(name=name, gone_at=None, ready=True)
                row = ready.filter(schedulable=not on).first()
                clean = row is not None and (on or not row.taints)
                room = row is not None and NodeCommitment.objects.filter(
                    node_uid=row.uid, resource="cpu", allocatable__gt=0
                )
                return bool(clean and room and room.exists())

        until(patched, seconds=30, every=0.2)


@contextmanager
def arena_open(folder: Path) -> Iterator[Arena]:
    """A bed of its own with everything on it, gone afterwards."""
    name = f"storms-{os.getpid()}-{time.monotonic_ns() % 10**6}"
    bed = bed_up(name=name, fleet=FLEET)
    try:
        with system() as viewer:
            world = World(bed, cluster_make(bed), pools_make())
            quota_node_create(tenant_key=ROOT, parent_key=None)
            edits = [QuotaEdit(ROOT, "cpu", key, amount) for key, amount in PLENTY.items()]
            quota_set(edits=edits, why="tests", viewer=viewer)
        with watcher(folder / "watch.log") as mirror:
            mirror_ready(world.cluster, nodes=len(NODES))
            arena = Arena(world, mirror_pid=mirror.process.pid)
            arena.restore_nodes()
            finish([arena.ask(1)[0].pk])  # what only the first of all writes is no boundary
            yield arena
    finally:
        bed_down(name=name)
