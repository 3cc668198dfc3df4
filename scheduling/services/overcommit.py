"""Where facts leave less room than is promised: who has to look for another place."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F

from portal import live
from portal.jobs.requests import job_request
from portal.jobs.wake import jobs_wake
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES, FINAL_STATES
from portal.viewer import Viewer
from scheduling.choices import HOLDING_STATES, AllocationState
from scheduling.models import Allocation, Commitment, NodeCommitment
from scheduling.services.allocations import REPLACE, allocation_publish, undone_among
from scheduling.services.commitments import rows_lock, sums_refresh

MOVABLE = tuple(state for state in HOLDING_STATES if state != AllocationState.RELEASING)
WATCHER = Viewer.system("watcher")


def overcommit_resolve(*, cluster_id: int, node_uids: Iterable[str]) -> None:
    """Have allocations that are not bound on over-committed nodes placed anew.

    The newest of the lowest priority gives way first, and no more than it takes. Runs in the
    transaction of the facts, or in one of its own. What is asked for already is woken, and told
    to nobody again.
    """
    asked: list[Allocation] = []
    eased: set[str] = set()  # nodes whose rows are out of date: room was dropped there
    for row in rows_lock(cluster_id=cluster_id, node_uids=set(node_uids)):
        if row.free < 0 and row.node_uid not in eased:
            moved, dropped = _give_way(row)
            asked += moved
            eased |= {row.node_uid} if dropped else set()
    for allocation in asked:
        allocation_publish(allocation)
    if asked:
        live.publish(f"cluster:{cluster_id}", "overcommitted", cluster=cluster_id)


def _give_way(row: NodeCommitment) -> tuple[list[Allocation], bool]:
    """Whom to move from here, and whether room was dropped instead."""
    short = -row.free
    loose = {
        held.holder: held.committed - held.bound
        for held in Commitment.objects.filter(
            cluster_id=row.cluster_id, node_uid=row.node_uid, resource=row.resource
        )
        if held.committed > held.bound
    }
    moved = []
    for allocation in _candidates(loose):
        if short <= 0:
            break
        holder = holder_of(allocation)
        if holder in loose:  # the room of an open namespace moves as one, for whichever asks
            short -= loose.pop(holder)
            moved.append(allocation)
    asked = replace_request(moved, why="over-committed")
    rest = [holder for holder in loose if holder.startswith("namespace:")] if short > 0 else []
    if rest:
        _let_go(row, rest)
    return asked, bool(rest)


def _let_go(row: NodeCommitment, holders: list[str]) -> None:
    """Drop room that nobody can fill any more: all of the namespace is being given back."""
    held = Commitment.objects.filter(
        cluster_id=row.cluster_id, node_uid=row.node_uid, holder__in=holders
    )
    held.update(committed=F("bound"))
    held.filter(committed=0).delete()
    sums_refresh(cluster_id=row.cluster_id, node_uids=[row.node_uid])


def replace_request(moved: list[Allocation], *, why: str) -> list[Allocation]:
    """Ask for a new place for each, as Berth itself; return those not asked for before.

    One that is asked for already is woken. One whose coming is being undone is not asked for: it
    gives its room back anyhow, once nobody else is at work on it.
    """
    # Looked for first: an insert that meets a job at work would wait for it, and this transaction
    # may hold the nodes that the job waits for. One that ends just now is asked for next round.
    keys = [allocation.job_key for allocation in moved]
    jobs = JobRun.objects.filter(kind=REPLACE, key__in=keys, state__in=ACTIVE_STATES)
    spared = set(jobs.values_list("key", flat=True)) | undone_among(moved).keys()
    asked = [allocation for allocation in moved if allocation.job_key not in spared]
    for allocation in asked:
        _ask(allocation, why=why)
    jobs_wake(keys=keys)
    return asked


def _ask(allocation: Allocation, *, why: str) -> None:
    job_request(
        kind=REPLACE,
        key=allocation.job_key,
        viewer=WATCHER,
        args={"allocation": allocation.pk, "why": why},
        tenant_key=allocation.tenant_key,
    )


def _candidates(loose: dict[str, int]) -> list[Allocation]:
    workloads = [int(h.split(":")[1]) for h in loose if h.startswith("allocation:")]
    spaces = [int(h.split(":")[1]) for h in loose if h.startswith("namespace:")]
    live_ones = Allocation.objects.filter(state__in=MOVABLE)
    found = [
        *live_ones.filter(pk__in=workloads),
        *live_ones.filter(namespace_id__in=spaces, kind="open").select_related("namespace"),
    ]
    undone = undone_among(found)
    # One whose undoing has stopped for good neither moves nor gives its room back by itself.
    able = [each for each in found if undone.get(each.job_key) not in FINAL_STATES]
    order = {"low": 0, "normal": 1, "high": 2}
    return sorted(able, key=lambda a: (order[a.priority], -a.pk))


def holder_of(allocation: Allocation) -> str:
    """How commitments name who has an allocation's room."""
    if allocation.kind == "open" and allocation.namespace is not None:
        return allocation.namespace.holder
    return allocation.holder
