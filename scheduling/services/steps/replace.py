"""Placing anew: other nodes for what its nodes can't serve (design, section 7).

Kubernetes does not move a pinned pod. So the commitment moves first, then the object's node
affinity, then the pods that stand in the wrong place or nowhere are deleted. Quota stays as it
is. An Indexed Job's template is fixed: it is suspended until its pods are gone, patched where the
API server takes that, and resumed; finished indexes stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext_noop

from inventory.models import Cluster, Node
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Outcome, Reason, Wait
from scheduling import rules
from scheduling.choices import HOLDING_STATES, AllocationKind, AllocationState
from scheduling.engine import Ask, Policy, Verdict, decide, room_of
from scheduling.engine.pieces import pieces_counted, pieces_of
from scheduling.engine.types import POD, Placement
from scheduling.engine.types import Decision as EngineDecision
from scheduling.models import Allocation, Commitment, NodeCommitment
from scheduling.selectors.preview import refusal_of
from scheduling.selectors.snapshot import snapshot_build
from scheduling.selectors.stuck import allocations_stuck
from scheduling.services.allocations import RELEASABLE, allocation_publish
from scheduling.services.clusters import cluster_id_of, node_names
from scheduling.services.commitments import (
    RoomTaken,
    commitments_drop,
    commitments_take,
    rows_lock,
    sums_refresh,
)
from scheduling.services.decisions import decision_keep, refusal_keep
from scheduling.services.health import health_mirrored
from scheduling.services.overcommit import holder_of
from scheduling.services.steps.apply import work_pending
from scheduling.services.steps.common import load, load_locked
from scheduling.services.steps.repoint import is_movable, misplaced_evict, out_of_service

AGAIN_SECONDS = 5.0
NO_PLACE = gettext_noop("No other place is free. %(why)s")
MOVED = gettext_noop("Moved from %(old)s to %(new)s.")


def choose(ctx: StepContext) -> Outcome:
    """Give up the room that can't serve and take other room, in one transaction."""
    if "nodes" in ctx.recorded:
        return Done({"nodes": ctx.recorded["nodes"], "left": ctx.recorded.get("left", [])})
    try:
        with ctx.transaction():
            allocation = load_locked(ctx)
            cluster = allocation.cluster
            if not is_movable(allocation) or cluster is None:
                ctx.record(nodes=[], moved=False)
                return Done({"nodes": []})
            return _choose(ctx, allocation, cluster)
    except RoomTaken:
        return Wait(Reason("room-taken", NO_PLACE, {"why": ""}), 0.2)
    except _NoPlace as none:
        refusal_keep(ctx, none.allocation, none.decision)
        return Wait(none.reason, AGAIN_SECONDS)


class _NoPlace(Exception):
    def __init__(self, reason: Reason, allocation: Allocation, decision: EngineDecision) -> None:
        self.reason, self.allocation, self.decision = reason, allocation, decision


def _choose(ctx: StepContext, allocation: Allocation, cluster: Cluster) -> Outcome:
    holder = holder_of(allocation)
    _room_lock(allocation, holder)
    bad = _bad_nodes(allocation, holder, ctx.now())
    pieces = _pieces(allocation, holder, bad.every)
    if not pieces:
        ctx.record(nodes=list(node_names(allocation)), moved=False)
        return Done({"nodes": list(node_names(allocation))})
    held = Commitment.objects.filter(holder=holder, node_uid__in=bad.every)
    old = sorted(set(held.values_list("node_name", flat=True)))
    _give_up(allocation, holder, bad.every)
    new: set[str] = set()
    for room, count in pieces:
        placements = _decide(ctx, allocation, room, count, bad.useless)
        commitments_take(
            holder=holder,
            tenant_key=allocation.tenant_key,
            cluster=cluster,
            placements=placements,
            shape=room,
        )
        new |= {placement.node_name for placement in placements}
    nodes = list(node_names(allocation))
    ctx.record(nodes=nodes, moved=True, left=old)
    ctx.log("ok", MOVED, old=old, new=sorted(new))
    allocation_publish(allocation)
    return Done({"nodes": nodes, "left": old})


def _room_lock(allocation: Allocation, holder: str) -> None:
    """Lock at once, in the one order, what may be given up and what may be taken for it."""
    held = Commitment.objects.filter(holder=holder).values_list("node_uid", flat=True)
    pool = Node.objects.filter(
        pool=allocation.pool, cluster_id=cluster_id_of(allocation), gone_at=None
    )
    uids = {*held, *pool.values_list("uid", flat=True)}
    rows_lock(cluster_id=cluster_id_of(allocation), node_uids=uids)


@dataclass(frozen=True, slots=True)
class _Bad:
    """Nodes by UID that can't serve what is promised there; some could still serve a part."""

    useless: frozenset[str]
    crowded: frozenset[str]

    @property
    def every(self) -> frozenset[str]:
        return self.useless | self.crowded


def _bad_nodes(allocation: Allocation, holder: str, now: datetime) -> _Bad:
    """Nodes it has room on that are gone, out of service, over-committed or of no use to it.

    A pod that Kubernetes has not been able to place for a minute may run on any node where its
    allocation still has unbound room, so none of them is of use.
    """
    uids = set(Commitment.objects.filter(holder=holder).values_list("node_uid", flat=True))
    unused: set[str] = set()
    if allocations_stuck(now=now).filter(pk=allocation.pk).exists():
        loose = Commitment.objects.filter(holder=holder, resource="pods", committed__gt=F("bound"))
        unused = set(loose.values_list("node_uid", flat=True))
    there = {
        node.uid: node
        for node in Node.objects.filter(
            cluster_id=cluster_id_of(allocation), uid__in=uids, gone_at=None
        )
    }
    gone = {uid for uid in uids if uid not in there or out_of_service(there[uid])}
    rows = NodeCommitment.objects.filter(
        cluster_id=cluster_id_of(allocation), node_uid__in=uids
    ).filter(allocatable__lt=F("foreign") + F("committed"))
    crowded = set(rows.values_list("node_uid", flat=True))
    return _Bad(frozenset(unused | gone), frozenset(crowded))


def _pieces(
    allocation: Allocation, holder: str, bad: Iterable[str]
) -> list[tuple[dict[str, int], int]]:
    """What has to move, as (room of one piece, how many): what no pod fills on a bad node.

    A workload moves by whole replicas. The room of an open namespace is one for all allocations
    in it, and its pods are of any size: whatever is loose moves, in pieces as they were asked for.
    """
    loose = _loose(holder, bad)
    if allocation.kind == AllocationKind.WORKLOAD:
        count = min(allocation.replicas, loose["pods"])
        return [(room_of(allocation.shape), count)] if count else []
    beside = Allocation.objects.filter(namespace=allocation.namespace, state__in=HOLDING_STATES)
    replicas = [each.shape for each in beside for _replica in range(each.replicas)]
    return pieces_counted(pieces_of(loose, replicas))


def _loose(holder: str, bad: Iterable[str]) -> Counter[str]:
    rows = Commitment.objects.filter(holder=holder, node_uid__in=bad)
    there = set(Node.objects.filter(uid__in=bad, gone_at=None).values_list("uid", flat=True))
    loose: Counter[str] = Counter()
    for row in rows:
        loose[row.resource] += row.committed - (row.bound if row.node_uid in there else 0)
    return loose


def _give_up(allocation: Allocation, holder: str, bad: frozenset[str]) -> None:
    """Drop what is committed and not bound on the bad nodes."""
    bound = Commitment.objects.filter(holder=holder, node_uid__in=bad, bound__gt=0)
    keep = set(bound.values_list("node_uid", flat=True))
    commitments_drop(holder=holder, node_uids=bad - keep)
    Commitment.objects.filter(holder=holder, node_uid__in=keep).update(committed=F("bound"))
    sums_refresh(cluster_id=cluster_id_of(allocation), node_uids=keep)


def _decide(
    ctx: StepContext,
    allocation: Allocation,
    room: dict[str, int],
    count: int,
    useless: frozenset[str],
) -> tuple[Placement, ...]:
    shape = {key: amount for key, amount in room.items() if key not in POD}
    cluster = allocation.cluster.name if allocation.cluster else None
    ask = Ask(allocation.tenant_key, count, shape, cluster)
    snapshot = snapshot_build(pool=allocation.pool, tenant_key=allocation.tenant_key)
    decision = decide(snapshot, ask, Policy(check_quota=False, avoid=useless))
    if decision.verdict != Verdict.FITS:
        refusal = refusal_of(decision, ask=ask, pool=allocation.pool, viewer=ctx.viewer)
        why = refusal.sentence() if refusal else ""
        reason = Reason(rules.ROOM, NO_PLACE, {"why": why}, refusal)
        raise _NoPlace(reason, allocation, decision)
    decision_keep(allocation=allocation, job_id=ctx.job.pk, decision=decision)
    return decision.placements


def settle(ctx: StepContext) -> Outcome:
    """Wait until everything runs again; an allocation still being created is left to its job.

    Pods that a slow controller made from the old template are evicted here, too. Where the new
    place was lost meanwhile this job ends, so that the next one can be asked for: there is one
    active job of a kind per allocation.
    """
    allocation = load(ctx)
    if allocation.kind != AllocationKind.WORKLOAD or allocation.state not in RELEASABLE:
        return Done()
    if not is_movable(allocation):  # it is being undone, and that waits for this job
        return Done()
    misplaced_evict(ctx, allocation)
    pending = work_pending(ctx, allocation)
    if pending is not None:
        return Done({"again": True}) if _place_lost(ctx, allocation) else pending
    with ctx.transaction():
        Allocation.objects.filter(pk=allocation.pk, state__in=RELEASABLE).update(
            state=health_mirrored(allocation) or AllocationState.ACTIVE
        )
        allocation_publish(allocation)
    return Done()


def _place_lost(ctx: StepContext, allocation: Allocation) -> bool:
    with ctx.transaction():
        bad = _bad_nodes(allocation, allocation.holder, ctx.now())
        return bool(_pieces(allocation, allocation.holder, bad.every))
