"""Whether an allocation's pods are all there, by what the mirror shows of its object."""

from __future__ import annotations

from datetime import datetime, timedelta

from inventory.choices import FactKind, WatchPhase
from inventory.models import WatchState, WorkloadFact
from scheduling.choices import AllocationState, RunsAs
from scheduling.models import Allocation
from scheduling.services.allocations import RELEASABLE, allocation_publish

FRESH = timedelta(seconds=150)
"""A mirror that has heard nothing for longer is not taken at its word."""


def health_of(allocation: Allocation, fact: WorkloadFact) -> AllocationState:
    """Active while everything is ready, degraded while something is missing."""
    if allocation.runs_as == RunsAs.COMPLETION:
        return AllocationState.ACTIVE  # its pods end one by one
    healthy = fact.ready_replicas >= allocation.replicas
    return AllocationState.ACTIVE if healthy else AllocationState.DEGRADED


def health_set(allocation: Allocation, fact: WorkloadFact) -> None:
    """Let an allocation that stands follow the facts of its object."""
    wanted = health_of(allocation, fact)
    if wanted == allocation.state:
        return
    changed = (
        Allocation.objects.filter(pk=allocation.pk, state__in=RELEASABLE)
        .exclude(state=wanted)
        .update(state=wanted)
    )
    if changed:
        allocation_publish(allocation)


def health_lags(allocation: Allocation, *, now: datetime) -> bool:
    """Tell whether the mirror listens and does not show all pods ready yet.

    Who calls an allocation active then would be contradicted by a fact that is older.
    """
    runs = allocation.runs_as == RunsAs.COMPLETION
    heard = WatchState.objects.filter(
        cluster=allocation.cluster,
        kind=FactKind.JOBS if runs else FactKind.STATEFULSETS,
        state=WatchPhase.WATCHING,
        last_event_at__gte=now - FRESH,
    )
    if not heard.exists():
        return False
    return health_mirrored(allocation) in (None, AllocationState.DEGRADED)


def health_mirrored(allocation: Allocation) -> AllocationState | None:
    """The health that the mirror shows; None where it has not met the object."""
    fact = WorkloadFact.objects.filter(
        cluster=allocation.cluster, uid=allocation.object_uid
    ).first()
    return health_of(allocation, fact) if fact else None
