"""Looking for differences between the mirror and what Berth wrote (design, section 7)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from inventory.choices import FactKind, WatchPhase
from inventory.k8s.paths import ObjectRef
from inventory.k8s.project import spec_digest
from inventory.k8s.quantities import amounts_parse
from inventory.labels import own_labels
from inventory.models import Namespace, ResourceQuotaFact, WatchState, WorkloadFact
from portal.errors import Unavailable
from portal.models import JobRun, JobStep
from portal.models.jobs import ACTIVE_STATES, JobState
from scheduling.choices import AllocationKind, AllocationState, DriftKind, RunsAs
from scheduling.manifests.namespace import QUOTA_NAME
from scheduling.models import Allocation, Drift, TenantNamespace
from scheduling.services.allocations import CREATE, RELEASABLE, RELEASE, REPLACE
from scheduling.services.drift import (
    OF_OBJECTS,
    RESTORE,
    Finding,
    Spot,
    drift_note,
    drift_resolve,
    manager_of,
)
from scheduling.services.health import FRESH, health_set
from scheduling.services.namespaces import hard_sum
from scheduling.services.pool_drift import pools_scan

SETTLED = timedelta(seconds=20)
"""So long the mirror may lag behind what a job has confirmed."""
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
    writing = _keys_at_work(REPLACE, RESTORE)
    announced = _announced()
    facts = {
        (fact.kind, fact.namespace, fact.name): fact
        for fact in WorkloadFact.objects.filter(
            cluster_id=cluster_id, namespace__in=[space.name for space in spaces]
        )
    }
    for allocation in held:
        if allocation.job_key not in writing:
            _workload_scan(allocation, facts, announced.get(allocation.job_key, set()))
    settled = _settled(cluster_id)
    for space in spaces:
        _space_scan(space, settled=space.pk in settled)
        if space.pk in settled:
            _quota_scan(space)
    pools_scan(cluster_id=cluster_id)
    _ended_resolve(cluster_id)


def _keys_at_work(*kinds: str) -> set[str]:
    jobs = JobRun.objects.filter(kind__in=kinds, state__in=WRITING)
    return set(jobs.values_list("key", flat=True))


def _announced() -> dict[str, set[str]]:
    """By job key, what specs an unfinished job has said it makes: it may wait half-way."""
    steps = JobStep.objects.filter(job__kind=REPLACE, job__state__in=ACTIVE_STATES, undoing=False)
    found: dict[str, set[str]] = {}
    for key, intent in steps.values_list("job__key", "intent"):
        found.setdefault(key, set()).update(intent.get("specs", ()))
    return found


def _settled(cluster_id: int) -> set[int]:
    """Namespaces whose quota no job writes at this moment, nor has a moment ago.

    A job that waits, for pods or for a person, writes nothing: it hides no difference.
    """
    ids = [
        int(key.split(":")[1])
        for key in _keys_at_work(CREATE, RELEASE, RESTORE)
        if key.startswith("allocation:")
    ]
    busy = Allocation.objects.filter(pk__in=ids, namespace__isnull=False).values("namespace_id")
    spaces = TenantNamespace.objects.filter(
        cluster_id=cluster_id, confirmed_at__lte=Now() - SETTLED
    )
    return set(spaces.exclude(pk__in=busy).values_list("pk", flat=True))


def _workload_scan(
    allocation: Allocation, facts: dict[tuple[str, str, str], WorkloadFact], announced: set[str]
) -> None:
    if allocation.namespace is None:
        return
    kind = "Job" if allocation.runs_as == RunsAs.COMPLETION else "StatefulSet"
    name, namespace = allocation.object_name, allocation.namespace.name
    fact = facts.get((kind, namespace, name))
    if fact is not None and fact.uid == allocation.object_uid:
        health_set(allocation, fact)  # a fact and a job's last word may have crossed
    drift_note(
        _workload_finding(allocation, fact, announced),
        Spot.of(allocation.cluster_id or 0, ObjectRef(kind, name, namespace)),
        kinds=OF_OBJECTS,
        tenant_key=allocation.tenant_key,
        allocation=allocation,
    )


def _workload_finding(
    allocation: Allocation, fact: WorkloadFact | None, announced: set[str]
) -> Finding | None:
    if fact is None:
        return Finding(DriftKind.MISSING)
    manager = manager_of(fact.managers)
    if fact.uid != allocation.object_uid:
        return Finding(DriftKind.FOREIGN, fact.uid, manager)
    if allocation.spec_hash and fact.spec_hash not in (allocation.spec_hash, *announced):
        return Finding(DriftKind.CHANGED, fact.spec_hash, manager)
    return None


def _quota_scan(space: TenantNamespace) -> None:
    quota = ResourceQuotaFact.objects.filter(
        cluster_id=space.cluster_id, namespace=space.name, name=QUOTA_NAME
    ).first()
    finding: Finding | None = None
    if quota is None:
        finding = Finding(DriftKind.MISSING)
    # What Berth wants by now may stand there before it is confirmed.
    elif quota.hard != space.hard and quota.hard != _hard_wanted(space):
        manager = manager_of(quota.managers)
        finding = Finding(DriftKind.CHANGED, spec_digest(quota.hard), manager)
    drift_note(
        finding,
        Spot.of(space.cluster_id, ObjectRef("ResourceQuota", QUOTA_NAME, space.name)),
        kinds=OF_OBJECTS,
        tenant_key=space.tenant_key,
    )


def _hard_wanted(space: TenantNamespace) -> dict[str, int] | None:
    """The sum of what is granted; None while nobody can say what it is called there."""
    try:
        return amounts_parse(hard_sum(space))
    except Unavailable:
        return None


def _space_scan(space: TenantNamespace, *, settled: bool) -> None:
    rows = Namespace.objects.filter(cluster_id=space.cluster_id)
    own = rows.filter(uid=space.uid, deleting_at=None).first()
    if own is None and not settled:
        return
    drift_note(
        _space_finding(space, own, rows),
        Spot.of(space.cluster_id, ObjectRef("Namespace", space.name)),
        kinds=[DriftKind.LABEL, DriftKind.MISSING, DriftKind.FOREIGN],
        tenant_key=space.tenant_key,
    )


def _space_finding(
    space: TenantNamespace, own: Namespace | None, rows: QuerySet[Namespace]
) -> Finding | None:
    """Another namespace of its name, none, or other labels; one that nobody uses may be gone."""
    if own is not None:
        differs = Finding(DriftKind.LABEL, spec_digest(own_labels(own.labels)))
        return differs if own.labels_differ else None
    if not Allocation.objects.filter(namespace=space, state__in=RELEASABLE).exists():
        return None
    other = rows.filter(name=space.name).exclude(uid=space.uid).first()
    return Finding(DriftKind.FOREIGN, other.uid) if other else Finding(DriftKind.MISSING)


def _ended_resolve(cluster_id: int) -> None:
    """What an allocation that has ended left behind is no difference any more."""
    rows = Drift.objects.filter(
        cluster_id=cluster_id, resolved_at=None, allocation__isnull=False
    ).exclude(allocation__state__in=(*RELEASABLE, *MOVING))
    for row in rows:
        spot = Spot(cluster_id, row.object_kind, row.object_ref)
        drift_resolve(spot, kinds=list(DriftKind), choice="ended")
