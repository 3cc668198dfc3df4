"""A small cluster of which only the facts exist: API objects as a watcher hands them on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from inventory.choices import ClusterState, FactKind
from inventory.k8s import pod_wire, project, wire
from inventory.k8s.records import Record
from inventory.models import Cluster, DeviceMapping, DeviceType, Pool
from inventory.sync import apply_batch
from portal.jobs import runner
from portal.models import JobRun
from scheduling.models import Allocation, Commitment, NodeCommitment, TenantNamespace
from scheduling.services.allocations import AllocationAsk, allocation_plan
from scheduling.services.nodes import quota_node_create
from tests.scheduling.world import GIB, quota_give, system

GPU, KEY = "h100", "nvidia.com/gpu"
EARLY = "2026-01-01T00:00:00Z"
PLENTY = {"cpu": 10**9, "memory": 10**6 * GIB, GPU: 10**6}


@dataclass
class Rows:
    """A connected cluster whose nodes, with eight devices each, are one pool."""

    cluster: Cluster
    versions: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def nodes(self, *names: str, devices: int = 8) -> None:
        """Nodes come, or change."""
        amounts = {"cpu": "64", "memory": "512Gi", "pods": "110", KEY: str(devices)}
        status = {
            "allocatable": amounts,
            "capacity": amounts,
            "conditions": [{"type": "Ready", "status": "True"}],
        }
        found = [{"metadata": self.meta(name), "spec": {}, "status": status} for name in names]
        records = [project.node_record(msgspec.convert(node, wire.Node)) for node in found]
        self.feed(FactKind.NODES, records)

    def pod(
        self,
        name: str,
        node: str,
        *,
        devices: int = 0,
        namespace: str = "default",
        holder: object = "",
        status: dict[str, Any] | None = None,
    ) -> None:
        """A pod stands on a node; `namespace` and `holder` tell whose it is."""
        amounts = {"cpu": "1", "memory": "1Gi", KEY: str(devices)}
        labels = {"berth.dev/allocation": str(holder)} if holder else {}
        found = {
            "metadata": self.meta(name) | {"namespace": namespace, "labels": labels},
            "spec": {
                "nodeName": node,
                "containers": [{"name": "main", "resources": {"requests": amounts}}],
            },
            "status": status or {"phase": "Running"},
        }
        self.feed(FactKind.PODS, [project.pod_record(msgspec.convert(found, pod_wire.Pod))])

    def job(self, allocation: Allocation, **status: Any) -> None:
        """The Job of an allocation, with what its controller says of it."""
        space = {"namespace": "berth-vision"}
        labels = {"berth.dev/allocation": str(allocation.pk)}
        found = {
            "metadata": self.meta(allocation.object_name) | space | {"labels": labels},
            "spec": {"parallelism": allocation.replicas},
            "status": status,
        }
        self.feed(FactKind.JOBS, [project.job_record(msgspec.convert(found, wire.Workload))])

    def gone(self, kind: str, *names: str) -> None:
        """Objects are deleted."""
        self.feed(kind, [], [f"uid-{name}" for name in names])

    def meta(self, name: str) -> dict[str, Any]:
        """Metadata of the next version of an object."""
        version = str(next(self.versions))
        return {
            "name": name,
            "uid": f"uid-{name}",
            "resourceVersion": version,
            "creationTimestamp": EARLY,
        }

    def feed(self, kind: str, records: Sequence[Record], deletes: Sequence[str] = ()) -> None:
        """Hand facts on as the watcher does."""
        apply_batch(
            cluster_id=self.cluster.pk,
            kind=kind,
            upserts=records,
            deletes=deletes,
            now=timezone.now(),
        )

    def over(self) -> list[str]:
        """What is promised beyond what there is."""
        with system():
            return [str(row) for row in NodeCommitment.objects.all() if row.free < 0]


def rows_make(*nodes: str) -> Rows:
    """The cluster with some nodes, and the tenants aurora and vision with plenty of quota."""
    with system():
        for key, parent in (("aurora", None), ("vision", "aurora")):
            quota_node_create(tenant_key=key, parent_key=parent)
        kind = DeviceType.objects.create(name=GPU, title=GPU)
        DeviceMapping.objects.create(device_type=kind, resource_key=KEY, node_labels={})
        cluster = Cluster.objects.create(
            name="one",
            title="one",
            server_url="https://one:1",
            state=ClusterState.CONNECTED,
            abilities={"fenced": True},
        )
        Pool.objects.create(name="h100", title="h100", ordering=1, selector=[])
    made = Rows(cluster)
    made.nodes(*nodes)
    quota_give(amounts=PLENTY)
    return made


def ask(name: str, *, devices: int = 0, replicas: int = 1, **changes: Any) -> Allocation:
    """Plan an allocation of vision in the pool."""
    values: dict[str, Any] = {
        "tenant_key": "vision",
        "kind": "workload",
        "name": name,
        "pool": "h100",
        "replicas": replicas,
        "shape": {"cpu": 1000, "memory": GIB, GPU: devices},
        "spec": {} if changes.get("kind") == "open" else {"image": "registry.example/a:1"},
    }
    with system() as viewer:
        return allocation_plan(
            ask=AllocationAsk(**(values | changes)),
            viewer=viewer,
            not_before=None,
            deadline_at=None,
        )


def fresh(allocation: Allocation) -> Allocation:
    """As it is now."""
    with system():
        return Allocation.objects.select_related("namespace").get(pk=allocation.pk)


def job_of(allocation: Allocation, kind: str) -> JobRun | None:
    """The newest job of a kind."""
    with system():
        jobs = JobRun.objects.filter(kind=kind, key=allocation.job_key)
        found: JobRun | None = jobs.order_by("pk").last()
    return found


def spaces() -> list[TenantNamespace]:
    """The namespaces that allocations were given."""
    with system():
        return list(TenantNamespace.objects.order_by("pk"))


def committed(holder: str, resource: str = GPU) -> dict[str, tuple[int, int]]:
    """(committed, bound) by node."""
    with system():
        rows = Commitment.objects.filter(holder=holder, resource=resource)
        return {row.node_name: (row.committed, row.bound) for row in rows}


def stop_after(patch: pytest.MonkeyPatch, *steps: str) -> None:
    """Let a job be through once it has done one of these steps: what follows needs a cluster."""
    advance: Callable[..., bool] = runner._advance

    def stopping(lease: Any, heart: Any) -> bool:
        more = advance(lease, heart)
        with system():
            job = JobRun.objects.filter(pk=lease.job_id, epoch=lease.epoch)
            through = job.filter(steps__name__in=steps, steps__state="done").exists()
            if through:
                job.update(state="succeeded", lease_until=None, due_at=None)
        return more and not through

    patch.setattr(runner, "_advance", stopping)


def stop_before(patch: pytest.MonkeyPatch, step: str) -> None:
    """Let whoever runs a job let go of it when it comes to a step."""
    advance: Callable[..., bool] = runner._advance

    def stopping(lease: Any, heart: Any) -> bool:
        with system():
            rows = JobRun.objects.filter(pk=lease.job_id, epoch=lease.epoch)
            job = rows.get()
            here = job.steps.filter(undoing=job.undoing, index=job.step_index, name=step)
            if here.exists():
                rows.update(lease_until=None)
                return False
        return advance(lease, heart)

    patch.setattr(runner, "_advance", stopping)
