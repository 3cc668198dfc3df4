"""A small installation in rows, made through the services wherever they need no cluster.

Two clusters (one of them silent), three pools, quota for aurora and vision, and allocations in
the states that pages show: active, coming up with a running job, waiting for quota, open, failed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from inventory.choices import ClusterState, FactKind, WatchPhase
from inventory.k8s.errors import Unauthorized
from inventory.models import Cluster, DeviceType, Node, Pod, Pool, WatchState
from portal.jobs.outcome import Reason
from portal.models import JobRun
from portal.models.jobs import JobAttempt, JobLog, JobState, JobStep
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.choices import AllocationState, DriftKind
from scheduling.engine import Placement
from scheduling.models import (
    Allocation,
    Commitment,
    Decision,
    Drift,
    NodeCommitment,
    TenantNamespace,
)
from scheduling.selectors.refusals import refusal_of_quota
from scheduling.services.allocations import AllocationAsk, allocation_plan
from scheduling.services.commitments import commitments_take
from scheduling.services.moves import Move, quota_move
from scheduling.services.pods import STARTING
from scheduling.services.quota import QuotaEdit, quota_set
from scheduling.services.steps.apply import CREATED, IMAGE
from scheduling.services.steps.place import NOT_YET, PLACED
from scheduling.services.steps.widen import WIDENED

GIB = 1024**3
H100 = "h100-sxm-80gb"
A100 = "a100-sxm-40gb"


@dataclass(slots=True)
class Seed:
    """What was made, by name."""

    cluster: Cluster
    silent: Cluster
    pools: dict[str, Pool]
    active: Allocation
    coming: Allocation
    waiting: Allocation
    opened: Allocation
    failed: Allocation
    foreign: Allocation
    job: JobRun


def seed_make(*, more_nodes: int = 0) -> Seed:
    """Everything; needs the people's tenants (tests.people)."""
    now = timezone.now()
    with scope(Viewer.system("seed")) as viewer:
        for name, title in ((H100, "H100 SXM 80 GB"), (A100, "A100 SXM 40 GB")):
            DeviceType.objects.create(name=name, title=title)
        cluster = cluster_make("ams-1", seen=now - timedelta(seconds=7))
        silent = cluster_make("lab-3", seen=now - timedelta(seconds=420))
        pools = {
            name: Pool.objects.create(name=name, title=title, ordering=order)
            for order, (name, title) in enumerate(
                (("h100", "H100 train"), ("a100", "A100"), ("cpu", "General"))
            )
        }
        for number in range(4 + more_nodes):
            node_make(cluster, pools["h100"], f"ams1-h100-{number + 1:02d}", {H100: 8})
        for number in range(2):
            node_make(
                silent, pools["a100"], f"lab3-a100-{number + 1}", {A100: 4}, ready=number == 0
            )
        node_make(cluster, pools["cpu"], "ams1-cpu-1", {})
        quota_make(viewer)
        return _allocations(viewer, cluster, silent, pools, now)


def cluster_make(name: str, *, seen: datetime) -> Cluster:
    """A connected cluster whose facts were last heard of at a time."""
    made = Cluster.objects.create(
        name=name,
        title=name,
        server_url=f"https://{name}.example.com:6443",
        state=ClusterState.CONNECTED,
        version="v1.37.0",
        last_contact_at=seen,
        abilities={"berth_policies": True},
    )
    for kind in FactKind.values:
        WatchState.objects.create(
            cluster=made, kind=kind, state=WatchPhase.WATCHING, last_event_at=seen
        )
    return made


def node_make(
    cluster: Cluster, pool: Pool, name: str, devices: dict[str, int], *, ready: bool = True
) -> Node:
    """A node with its room as the projector would write it."""
    amounts = {"cpu": 96_000, "memory": 960 * GIB, "pods": 110} | devices
    node = Node.objects.create(
        cluster=cluster,
        uid=f"uid-{name}",
        name=name,
        resource_version="1",
        seen_at=timezone.now(),
        ready=ready,
        allocatable=amounts,
        capacity=amounts,
        pool=pool,
    )
    NodeCommitment.objects.bulk_create(
        NodeCommitment(
            cluster=cluster,
            node_uid=node.uid,
            node_name=name,
            resource=resource,
            allocatable=amount,
            foreign=2000 if resource == "cpu" else 0,
        )
        for resource, amount in amounts.items()
    )
    return node


def quota_make(viewer: Viewer) -> None:
    """Guaranteed amounts for two organisations and their projects."""
    amounts = {H100: (20, 16, 8), "cpu": (256_000, 192_000, 96_000), "memory": (2048, 1536, 512)}
    edits = []
    for resource, (root, team, other) in amounts.items():
        scale = GIB if resource == "memory" else 1
        for tenant, amount in (
            ("aurora", root),
            ("vision", team),
            ("borealis", other),
            ("speech", other),
        ):
            edits.append(QuotaEdit(tenant, "h100", resource, amount * scale))
    quota_set(edits=edits, why="Plan for the fourth quarter", viewer=viewer)


def _ask(name: str, *, tenant: str = "vision", **changes: Any) -> AllocationAsk:
    values: dict[str, Any] = {
        "tenant_key": tenant,
        "kind": "workload",
        "name": name,
        "pool": "h100",
        "replicas": 2,
        "shape": {"cpu": 8000, "memory": 64 * GIB, H100: 2},
        "spec": {"image": "registry.example/team/train:1"},
    }
    values |= changes
    if values["kind"] == "open":
        values["spec"] = {}
    return AllocationAsk(**values)


def _plan(ask: AllocationAsk, viewer: Viewer) -> Allocation:
    return allocation_plan(ask=ask, viewer=viewer, not_before=None, deadline_at=None)


def hold(allocation: Allocation, cluster: Cluster, nodes: list[str], *, bound: bool) -> Allocation:
    """Reserve quota and nodes as the step Place does, and bind them as Confirm does."""
    space, _made = TenantNamespace.objects.get_or_create(
        tenant_key=allocation.tenant_key,
        cluster=cluster,
        kind="open" if allocation.kind == "open" else "managed",
        pool=allocation.pool if allocation.kind == "open" else None,
        defaults={"name": f"berth-{allocation.tenant_key}-{allocation.kind}", "uid": "u"},
    )
    for direction in ("reserve", "bind") if bound else ("reserve",):
        refused = quota_move(
            Move(
                operation=allocation.ref,
                direction=direction,
                tenant_key=allocation.tenant_key,
                pool_id=allocation.pool_id,
                amounts=allocation.charged,
                allocation_id=allocation.pk,
            )
        )
        assert refused is None, refused
    each = allocation.replicas // len(nodes)
    placements = tuple(Placement(f"uid-{name}", name, cluster.name, each) for name in nodes)
    holder = space.holder if allocation.kind == "open" else allocation.holder
    commitments_take(
        holder=holder,
        tenant_key=allocation.tenant_key,
        cluster=cluster,
        placements=placements,
        shape=dict(allocation.shape),
    )
    if bound:
        Commitment.objects.filter(holder=holder).update(bound=F("committed"))
    Decision.objects.create(
        allocation=allocation,
        verdict="fits",
        placements=[{"node_name": name, "replicas": each} for name in nodes],
        explain={"checks": [], "refused": []},
    )
    Allocation.objects.filter(pk=allocation.pk).update(
        cluster=cluster,
        namespace=space,
        state=AllocationState.ACTIVE if bound else AllocationState.APPLYING,
        active_at=timezone.now() - timedelta(hours=30) if bound else None,
        until_at=timezone.now() + timedelta(days=4),
    )
    allocation.refresh_from_db()
    return allocation


def pod_make(allocation: Allocation, number: int, node: str, *, phase: str = "Running") -> Pod:
    """A pod of a workload as the mirror has it."""
    assert allocation.cluster is not None
    assert allocation.namespace is not None
    return Pod.objects.create(
        cluster=allocation.cluster,
        uid=f"pod-{allocation.pk}-{number}",
        name=f"{allocation.object_name}-{number}",
        resource_version="1",
        seen_at=timezone.now(),
        namespace=allocation.namespace.name,
        tenant_key=allocation.tenant_key,
        node_name=node,
        phase=phase,
        ready=phase == "Running",
        holder=str(allocation.pk),
    )


def job_set(job: JobRun, now: datetime, **changes: Any) -> JobRun:
    """Put a job's row where a test needs it."""
    JobRun.objects.filter(pk=job.pk).update(started_at=now - timedelta(seconds=95), **changes)
    job.refresh_from_db()
    return job


def _steps(job: JobRun, now: datetime, results: list[dict[str, Any]]) -> None:
    began = now - timedelta(seconds=95)
    for index, outcome in enumerate(results):
        JobStep.objects.filter(job=job, undoing=False, index=index).update(
            state="done",
            outcome=outcome,
            attempts=1,
            began_at=began,
            ended_at=began + timedelta(milliseconds=700 * (index + 1)),
        )
        began += timedelta(seconds=2)


def _done_job(allocation: Allocation, nodes: list[str], now: datetime) -> None:
    job = JobRun.objects.get(key=allocation.job_key)
    each = allocation.replicas // len(nodes)
    space = "berth-vision-workload"
    _steps(
        job,
        now,
        [
            {"replicas": allocation.replicas, "charged": allocation.charged},
            {"decision": 1, "nodes": [{"node": name, "replicas": each} for name in nodes]},
            {"namespace": space, "hard": {}},
            {"object": f"StatefulSet {space}/{allocation.object_name}", "uid": "x"},
            {"namespace": space},
        ],
    )
    job_set(job, now, state=JobState.SUCCEEDED, step_index=5, finished_at=now)


def _coming_job(allocation: Allocation, now: datetime) -> JobRun:
    job = JobRun.objects.get(key=allocation.job_key)
    nodes = [{"node": "ams1-h100-03", "replicas": 2}]
    name = allocation.object_name
    _steps(
        job,
        now,
        [
            {"replicas": 2, "charged": allocation.charged},
            {"decision": 1, "nodes": nodes},
            {"namespace": "berth-vision-workload", "hard": {}},
            {"object": f"StatefulSet berth-vision/{name}", "uid": "x"},
        ],
    )
    items = [
        {"pod": f"{name}-0", "node": "ams1-h100-03", "phase": "Running", "reason": "",
         "since": (now - timedelta(seconds=80)).isoformat(), "ending": False},
        {"pod": f"{name}-1", "node": "ams1-h100-03", "phase": "Pending",
         "reason": "ContainerCreating", "since": (now - timedelta(seconds=80)).isoformat(),
         "ending": False},
    ]  # fmt: skip
    reason = Reason("starting", STARTING, {"done": 1, "total": 2}).as_dict()
    JobStep.objects.filter(job=job, index=4).update(
        state="waiting",
        attempts=31,
        began_at=now - timedelta(seconds=80),
        progress={"done": 1, "total": 2, "items": items},
        reason=reason,
    )
    for step, level, text, params in (
        ("place", "ok", PLACED,
         {"cluster": "ams-1", "nodes": "ams1-h100-03"}),
        ("widen", "ok", WIDENED,
         {"namespace": "berth-vision-workload"}),
        ("apply", "ok", CREATED, {"object": f"StatefulSet berth-vision/{name}"}),
    ):  # fmt: skip
        JobLog.objects.create(job=job, step=step, level=level, text=text, params=params)
    JobAttempt.objects.create(job=job, epoch=1, worker="host:12", ended_at=now, ended_as="waiting")
    return job_set(job, now, state=JobState.WAITING, step_index=4, reason=reason)


def _allocations(
    viewer: Viewer, cluster: Cluster, silent: Cluster, pools: dict[str, Pool], now: datetime
) -> Seed:
    active = hold(
        _plan(_ask("pretrain"), viewer), cluster, ["ams1-h100-01", "ams1-h100-02"], bound=True
    )
    _done_job(active, ["ams1-h100-01", "ams1-h100-02"], now)
    for number in range(2):
        pod_make(active, number, f"ams1-h100-0{number + 1}")
    coming = hold(_plan(_ask("eval-sweep"), viewer), cluster, ["ams1-h100-03"], bound=False)
    job = _coming_job(coming, now)
    waiting = _plan(_ask("big-run", replicas=6), viewer)
    refusal = refusal_of_quota(
        own_key="vision", scope_key="aurora", resource=H100, limit=20, now=10, asked=12
    )
    why = Reason("quota.parent", NOT_YET, {"why": refusal.sentence()}, refusal)
    stuck = JobRun.objects.get(key=waiting.job_key)
    JobStep.objects.filter(job=stuck, index=1).update(
        state="waiting", reason=why.as_dict(), attempts=9, began_at=now - timedelta(seconds=90)
    )
    job_set(stuck, now, state=JobState.WAITING, step_index=1, reason=why.as_dict())
    opened = hold(
        _plan(_ask("notebooks", kind="open", replicas=1), viewer),
        cluster,
        ["ams1-h100-04"],
        bound=True,
    )
    failed = _plan(_ask("broken"), viewer)
    image = Reason("image", IMAGE, {"image": "x:1"}).as_dict()
    Allocation.objects.filter(pk=failed.pk).update(
        state=AllocationState.FAILED, reason=image, released_at=now
    )
    JobRun.objects.filter(key=failed.job_key).update(
        state=JobState.COMPENSATED, reason=image, started_at=now, finished_at=now
    )
    foreign = _plan(_ask("secret-speech", tenant="speech", replicas=1), viewer)
    parked = JobRun.objects.get(key=foreign.job_key)
    away = Reason(Unauthorized.code, str(Unauthorized.words)).as_dict()
    Allocation.objects.filter(pk=foreign.pk).update(cluster=silent)
    job_set(parked, now, state=JobState.PARKED, due_at=None, reason=away)
    Drift.objects.create(
        tenant_key="vision",
        allocation=active,
        cluster=cluster,
        kind=DriftKind.CHANGED,
        object_kind="StatefulSet",
        object_ref=f"berth-vision/{active.object_name}",
        manager="kubectl-edit",
    )
    return Seed(cluster, silent, pools, active, coming, waiting, opened, failed, foreign, job)
