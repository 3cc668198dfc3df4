"""What a tenant holds: quota, allocations in every state, their jobs, pods and differences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from inventory.models import (
    Cluster,
    Namespace,
    NamespaceClaim,
    Pod,
    Pool,
    ResourceQuotaFact,
    WorkloadFact,
)
from portal.jobs.outcome import Reason
from portal.models import JobRun
from portal.models.jobs import JobAttempt, JobLog, JobState, JobStep
from portal.viewer import Viewer
from scheduling.choices import AllocationState, DriftKind
from scheduling.models import Allocation, ClaimInterval, Drift
from scheduling.services.allocations import AllocationAsk, allocation_plan
from tests.scheduling.pages.seed import GIB, H100, hold
from tests.surface.world.marks import text_of


@dataclass(frozen=True, slots=True)
class Holdings:
    """Rows of one tenant, by what they are for."""

    allocations: dict[str, Allocation]
    jobs: dict[str, JobRun]
    drift: Drift
    namespace: Namespace


@dataclass(frozen=True, slots=True)
class Site:
    """Where things stand."""

    cluster: Cluster
    pool: Pool
    nodes: tuple[str, ...]
    now: datetime


def holdings_make(tenant_key: str, site: Site, viewer: Viewer) -> Holdings:
    """Everything that one tenant holds; every text has its word."""
    plans = {
        name: plan_make(tenant_key, name, viewer, **more)
        for name, more in {
            "active": {},
            "coming": {},
            "waiting": {"replicas": 6},
            "parked": {},
            "failed": {},
            "opened": {"kind": "open", "spec": {}},
        }.items()
    }
    hold(plans["active"], site.cluster, list(site.nodes[:1]), bound=True)
    hold(plans["coming"], site.cluster, list(site.nodes[1:2]), bound=False)
    hold(plans["opened"], site.cluster, list(site.nodes[1:2]), bound=True)
    jobs = {name: JobRun.objects.get(key=allocation.job_key) for name, allocation in plans.items()}
    _jobs_tell(tenant_key, jobs, plans, site.now)
    namespace = _facts(tenant_key, plans["active"], site)
    word = text_of(tenant_key)
    Allocation.objects.filter(pk=plans["failed"].pk).update(
        state=AllocationState.FAILED, reason=_reason(word), released_at=site.now
    )
    drift = Drift.objects.create(
        tenant_key=tenant_key,
        allocation=plans["active"],
        cluster=site.cluster,
        kind=DriftKind.CHANGED,
        object_kind="StatefulSet",
        object_ref=f"berth-{tenant_key}/{plans['active'].object_name}",
        manager=f"kubectl-{word}",
        detail={"fields": [f"spec.{word}"]},
    )
    return Holdings(plans, jobs, drift, namespace)


def plan_make(tenant_key: str, name: str, viewer: Viewer, **more: Any) -> Allocation:
    """An allocation that is asked for, with its job; `more` changes the ask."""
    word = text_of(tenant_key)
    values: dict[str, Any] = {
        "tenant_key": tenant_key,
        "kind": "workload",
        "name": f"{word}-{name}",
        "pool": "train",
        "replicas": 1,
        "shape": {"cpu": 2000, "memory": 4 * GIB, H100: 1},
        "spec": {
            "image": f"registry.example.com/{word}:1",
            "command": ["run", word],
            "env": {"NOTE": word},
        },
    }
    made = allocation_plan(
        ask=AllocationAsk(**(values | more)), viewer=viewer, not_before=None, deadline_at=None
    )
    Allocation.objects.filter(pk=made.pk).update(created_by=f"{word} person")
    made.refresh_from_db()
    return made


def _jobs_tell(
    tenant_key: str, jobs: dict[str, JobRun], plans: dict[str, Allocation], now: datetime
) -> None:
    word = text_of(tenant_key)
    states = {
        "active": (JobState.SUCCEEDED, 5, None),
        "coming": (JobState.WAITING, 4, _reason(word)),
        "waiting": (JobState.WAITING, 1, _reason(word)),
        "parked": (JobState.PARKED, 1, _reason(word)),
        "failed": (JobState.COMPENSATED, 1, _reason(word)),
        "opened": (JobState.SUCCEEDED, 5, None),
    }
    for name, (state, index, reason) in states.items():
        ended = now if reason is None or name == "failed" else None
        JobRun.objects.filter(pk=jobs[name].pk).update(
            state=state,
            step_index=index,
            reason=reason,
            started_at=now - timedelta(seconds=90),
            finished_at=ended,
            requested_by_label=f"{word} person",
        )
        JobStep.objects.filter(job=jobs[name], index=index).update(
            state="waiting", attempts=3, began_at=now - timedelta(seconds=80), reason=reason
        )
        JobLog.objects.create(
            job=jobs[name],
            step="place",
            level="info",
            text="Note: %(note)s.",
            params={"note": word},
        )
        JobAttempt.objects.create(job=jobs[name], epoch=1, worker=f"{word}:1", ended_at=now)
        jobs[name].refresh_from_db()
    JobStep.objects.filter(job=jobs["coming"], index=2).update(
        outcome={"namespace": f"berth-{tenant_key}-workload", "hard": {}}, intent={"note": word}
    )


def _reason(word: str) -> dict[str, Any]:
    return Reason("starting", "It waits. %(why)s", {"why": f"Because {word}."}).as_dict()


def _facts(tenant_key: str, active: Allocation, site: Site) -> Namespace:
    word = text_of(tenant_key)
    assert active.namespace is not None
    common: dict[str, Any] = {
        "cluster": site.cluster,
        "resource_version": "1",
        "seen_at": site.now,
        "tenant_key": tenant_key,
        "labels": {"berth.dev/tenant": tenant_key, "note": word},
    }
    inside = common | {"namespace": active.namespace.name}
    Namespace.objects.create(
        **common, uid=f"ns-{tenant_key}", name=active.namespace.name, kind="managed", phase="Active"
    )
    claimed = Namespace.objects.create(
        **common,
        uid=f"own-{tenant_key}",
        name=f"{tenant_key}-batch",
        kind="claimed",
        phase="Active",
    )
    NamespaceClaim.objects.create(
        cluster=site.cluster,
        uid=claimed.uid,
        name=claimed.name,
        tenant_key=tenant_key,
        kind="claimed",
        claimed_by=f"{word} person",
    )
    pod = Pod.objects.create(
        **inside,
        uid=f"pod-{tenant_key}",
        name=f"{active.object_name}-0",
        node_name=site.nodes[0],
        phase="Pending",
        reason="ContainerCreating",
        message=f"Waiting for {word}",
        holder=str(active.pk),
        requests={"cpu": 2000},
        owner_kind="StatefulSet",
        owner_name=active.object_name,
    )
    ResourceQuotaFact.objects.create(
        **inside, uid=f"rq-{tenant_key}", name="berth", managers=[{"manager": f"kubectl-{word}"}]
    )
    WorkloadFact.objects.create(
        **inside,
        uid=f"wl-{tenant_key}",
        name=active.object_name,
        kind="StatefulSet",
        spec_hash="x",
        managers=[{"manager": f"kubectl-{word}"}],
    )
    ClaimInterval.objects.create(
        tenant_key=tenant_key,
        allocation=active,
        holder=active.holder,
        cluster=site.cluster,
        pod_uid=pod.uid,
        pod_name=pod.name,
        node_name=site.nodes[0],
        amounts={"cpu": 2000},
        from_at=site.now,
    )
    return claimed
