"""What scheduling makes of changed facts; registered with the inventory's projections."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import ngettext

from inventory.choices import ClusterState
from inventory.models import Node, Pod, ResourceQuotaFact, WorkloadFact
from inventory.models.fact import Fact
from inventory.projection import Changes
from portal.jobs.wake import jobs_wake
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES
from scheduling.choices import HOLDING_STATES, AllocationKind, AllocationState
from scheduling.models import Allocation, TenantNamespace
from scheduling.services.allocations import allocation_publish
from scheduling.services.claims import claims_project, intervals_close
from scheduling.services.health import health_set
from scheduling.services.overcommit import overcommit_resolve
from scheduling.services.projector import nodes_project
from scheduling.services.runs import run_settle


def nodes_changed(changes: Changes[Fact]) -> None:
    """Room of nodes that came, changed or went; what lost its node is placed anew."""
    names = {change.row.name for change in changes}
    over = nodes_project(cluster_id=changes.cluster_id, node_names=names)
    overcommit_resolve(cluster_id=changes.cluster_id, node_uids=over)
    if any(isinstance(change.after, Node) for change in changes):
        waiting_wake(cluster_id=changes.cluster_id)


def pods_changed(changes: Changes[Fact]) -> None:
    """Commitments follow pods; jobs and allocations that look at these pods are told."""
    names, came, went = set(), [], []
    holders: set[str] = set()
    spaces: set[str] = set()
    for change in changes:
        before, after = change.before, change.after
        for pod in (before, after):
            if isinstance(pod, Pod):
                names.add(pod.node_name)
                holders.add(pod.holder)
                spaces.add(pod.namespace)
        if isinstance(after, Pod) and not after.is_done:
            came.append(after)
        elif isinstance(before, Pod):
            went.append(after if isinstance(after, Pod) else before)
    over = nodes_project(cluster_id=changes.cluster_id, node_names=names - {""})
    claims_project(cluster_id=changes.cluster_id, came=came, went=went, now=changes.now)
    overcommit_resolve(cluster_id=changes.cluster_id, node_uids=over)
    _tell(changes.cluster_id, holders=holders, namespaces=spaces)


def workloads_changed(changes: Changes[Fact]) -> None:
    """Health of allocations; a run that has completed gives itself back."""
    by_uid: dict[str, tuple[WorkloadFact, bool]] = {}
    ids: set[int] = set()
    for change in changes:
        fact = change.row
        label = fact.labels.get("berth.dev/allocation", "")
        if isinstance(fact, WorkloadFact) and label.isdecimal():
            by_uid[fact.uid] = (fact, change.after is None)
            ids.add(int(label))
    found = Allocation.objects.filter(cluster_id=changes.cluster_id, pk__in=ids)
    ours = [allocation for allocation in found if allocation.object_uid in by_uid]
    for allocation in ours:
        fact, is_gone = by_uid[allocation.object_uid]
        if is_gone:
            allocation_publish(allocation)
        elif not run_settle(allocation, fact):
            health_set(allocation, fact)
    jobs_wake(keys=[allocation.job_key for allocation in ours])


def quotas_changed(changes: Changes[Fact]) -> None:
    """Jobs that wait for `status.hard` or for use to fall look again, parked releases too."""
    spaces = {c.row.namespace for c in changes if isinstance(c.row, ResourceQuotaFact)}
    _tell(changes.cluster_id, holders=set(), namespaces=spaces)
    draining = Allocation.objects.filter(
        cluster_id=changes.cluster_id,
        namespace__name__in=spaces,
        kind=AllocationKind.OPEN,
        state=AllocationState.RELEASING,
    )
    jobs_wake(keys=[allocation.job_key for allocation in draining], parked=True)


def waiting_wake(*, cluster_id: int | None = None) -> None:
    """Let allocations that wait for room or quota try again."""
    planned = Allocation.objects.filter(state=AllocationState.PLANNED)
    if cluster_id is not None:
        planned = planned.filter(wanted_cluster_id__in=[cluster_id]) | planned.filter(
            wanted_cluster=None
        )
    jobs_wake(keys=[f"allocation:{pk}" for pk in planned.values_list("pk", flat=True)])


def cluster_state_changed(cluster_id: int, _before: str, after: str) -> None:
    """A cluster is back: what was parked or waits because of it goes on. One is removed: nobody
    will say any more when its last pods ended, so what they held ends now.
    """
    if after == ClusterState.REMOVED:
        intervals_close(cluster_id=cluster_id, now=timezone.now())
    if after != ClusterState.CONNECTED:
        return
    found = Allocation.objects.filter(cluster_id=cluster_id, state__in=HOLDING_STATES)
    # Looks, mends and sweeps of that cluster name it, or a namespace of it, in their arguments.
    spaces = list(
        TenantNamespace.objects.filter(cluster_id=cluster_id).values_list("pk", flat=True)
    )
    others = JobRun.objects.filter(
        Q(args__cluster=cluster_id) | Q(args__space__in=spaces), state__in=ACTIVE_STATES
    )
    keys = {allocation.job_key for allocation in found} | set(others.values_list("key", flat=True))
    jobs_wake(keys=keys, parked=True)
    waiting_wake(cluster_id=cluster_id)


def removal_blockers(cluster_id: int) -> list[str]:
    """What keeps a cluster from being removed: allocations that stand on it."""
    count = Allocation.objects.filter(cluster_id=cluster_id, state__in=HOLDING_STATES).count()
    if not count:
        return []
    return [
        ngettext(
            "%(count)s allocation stands on this cluster. Release it first.",
            "%(count)s allocations stand on this cluster. Release them first.",
            count,
        )
        % {"count": count}
    ]


def _tell(cluster_id: int, *, holders: set[str], namespaces: set[str]) -> None:
    spaces = TenantNamespace.objects.filter(cluster_id=cluster_id, name__in=namespaces)
    ids = {int(holder) for holder in holders if holder.isdecimal()}
    found = list(
        Allocation.objects.filter(cluster_id=cluster_id, pk__in=ids)
        | Allocation.objects.filter(
            namespace__in=spaces,
            state__in=(
                AllocationState.RESERVED,
                AllocationState.APPLYING,
                AllocationState.RELEASING,
            ),
        )
    )
    for allocation in found:
        allocation_publish(allocation)
    jobs_wake(keys=[allocation.job_key for allocation in found])
