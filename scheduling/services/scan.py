"""Looking for differences between the mirror and what Berth wrote (design, section 7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inventory.choices import FactKind, WatchPhase
from inventory.k8s.paths import ObjectRef
from inventory.labels import FIELD_MANAGER
from inventory.models import Namespace, ResourceQuotaFact, WatchState, WorkloadFact
from portal.models import JobRun
from portal.models.jobs import JobState
from scheduling.choices import AllocationKind, AllocationState, DriftKind, RunsAs
from scheduling.models import Allocation, Drift, TenantNamespace
from scheduling.services.allocations import RELEASABLE, REPLACE
from scheduling.services.drift import RESTORE, drift_record, drift_resolve
from scheduling.services.health import FRESH, health_set

CONTROLLERS = {FIELD_MANAGER, "kube-controller-manager", "kube-scheduler"}
MOVING = (AllocationState.RESERVED, AllocationState.APPLYING, AllocationState.RELEASING)
WRITING = (JobState.QUEUED, JobState.RUNNING)
LOOKED_AT = (FactKind.STATEFULSETS, FactKind.JOBS, FactKind.QUOTAS, FactKind.NAMESPACES)


def fresh_clusters(*, now: datetime) -> list[int]:
    """Clusters whose mirror is fresh: silence of the watcher is no difference."""
    states = WatchState.objects.filter(
        kind__in=LOOKED_AT, state=WatchPhase.WATCHING, last_event_at__gte=now - FRESH
    )
    seen: dict[int, int] = {}
    for cluster_id in states.values_list("cluster_id", flat=True):
        seen[cluster_id] = seen.get(cluster_id, 0) + 1
    return sorted(cluster for cluster, count in seen.items() if count == len(LOOKED_AT))


def cluster_scan(*, cluster_id: int) -> None:
    """Record new differences of a cluster and close those that are gone."""
    spaces = list(TenantNamespace.objects.filter(cluster_id=cluster_id).exclude(uid=""))
    held = Allocation.objects.filter(
        cluster_id=cluster_id, kind=AllocationKind.WORKLOAD, state__in=RELEASABLE
    ).select_related("namespace")
    # While a job of ours writes an object, the mirror and the row are in step only by chance.
    writing = set(
        JobRun.objects.filter(kind__in=(REPLACE, RESTORE), state__in=WRITING).values_list(
            "key", flat=True
        )
    )
    facts = {
        (fact.kind, fact.namespace, fact.name): fact
        for fact in WorkloadFact.objects.filter(
            cluster_id=cluster_id, namespace__in=[space.name for space in spaces]
        )
    }
    for allocation in held:
        if allocation.job_key not in writing:
            _workload_scan(allocation, facts)
    moving = set(
        Allocation.objects.filter(cluster_id=cluster_id, state__in=MOVING).values_list(
            "namespace_id", flat=True
        )
    )
    for space in spaces:
        if space.pk not in moving:
            _space_scan(space)
    _ended_resolve(cluster_id)


def _workload_scan(allocation: Allocation, facts: dict[tuple[str, str, str], WorkloadFact]) -> None:
    if allocation.namespace is None:
        return
    kind = "Job" if allocation.runs_as == RunsAs.COMPLETION else "StatefulSet"
    name, namespace = allocation.object_name, allocation.namespace.name
    fact = facts.get((kind, namespace, name))
    found: DriftKind | None = None
    if fact is None:
        found = DriftKind.MISSING
    elif fact.uid != allocation.object_uid:
        found = DriftKind.FOREIGN
    elif allocation.spec_hash and fact.spec_hash != allocation.spec_hash:
        found = DriftKind.CHANGED
    if fact is not None and fact.uid == allocation.object_uid:
        health_set(allocation, fact)  # a fact and a job's last word may have crossed
    _note(
        found,
        cluster_id=allocation.cluster_id or 0,
        ref=ObjectRef(kind, name, namespace),
        tenant_key=allocation.tenant_key,
        allocation=allocation,
        managers=fact.managers if fact else [],
    )


def _space_scan(space: TenantNamespace) -> None:
    quota = ResourceQuotaFact.objects.filter(
        cluster_id=space.cluster_id, namespace=space.name, name="berth"
    ).first()
    found: DriftKind | None = None
    if quota is None:
        found = DriftKind.MISSING
    elif space.hard and quota.hard != space.hard:
        found = DriftKind.CHANGED
    _note(
        found,
        cluster_id=space.cluster_id,
        ref=ObjectRef("ResourceQuota", "berth", space.name),
        tenant_key=space.tenant_key,
        managers=quota.managers if quota else [],
    )
    row = Namespace.objects.filter(cluster_id=space.cluster_id, uid=space.uid).first()
    _note(
        DriftKind.LABEL if row is not None and row.labels_differ else None,
        cluster_id=space.cluster_id,
        ref=ObjectRef("Namespace", space.name),
        tenant_key=space.tenant_key,
    )


def _note(
    found: DriftKind | None,
    *,
    cluster_id: int,
    ref: ObjectRef,
    tenant_key: str,
    allocation: Allocation | None = None,
    managers: Sequence[dict[str, Any]] = (),
) -> None:
    gone = [kind for kind in DriftKind if kind not in (found, DriftKind.POOL)]
    drift_resolve(
        cluster_id=cluster_id,
        object_kind=ref.kind,
        object_ref=str(ref),
        kinds=gone,
        choice="gone",
    )
    if found is not None:
        drift_record(
            cluster_id=cluster_id,
            kind=found,
            object_kind=ref.kind,
            object_ref=str(ref),
            tenant_key=tenant_key,
            allocation=allocation,
            manager=manager_of(managers),
        )


def manager_of(managers: Sequence[dict[str, Any]]) -> str:
    """The last manager that is neither Berth nor a controller and wrote more than status."""
    others = [
        entry
        for entry in managers
        if entry.get("manager") not in CONTROLLERS and not entry.get("subresource")
    ]
    latest = max(others, key=lambda entry: str(entry.get("time", "")), default=None)
    return str(latest["manager"]) if latest else ""


def _ended_resolve(cluster_id: int) -> None:
    """What an allocation that has ended left behind is no difference any more."""
    rows = Drift.objects.filter(
        cluster_id=cluster_id, resolved_at=None, allocation__isnull=False
    ).exclude(allocation__state__in=(*RELEASABLE, *MOVING))
    for row in rows:
        drift_resolve(
            cluster_id=cluster_id,
            object_kind=row.object_kind,
            object_ref=row.object_ref,
            kinds=list(DriftKind),
            choice="ended",
        )
