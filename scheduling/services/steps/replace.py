"""Placing anew: other nodes for what its nodes can't serve (design, section 7).

Kubernetes does not move a pinned pod. So the commitment moves first, then the object's node
affinity, then the pods that stand in the wrong place or nowhere are deleted. Quota stays as it
is. An Indexed Job's template is fixed: it is suspended until its pods are gone, patched where the
API server takes that, and resumed; finished indexes stay.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_noop

from inventory.k8s.errors import Conflict, Invalid
from inventory.k8s.paths import ObjectRef
from inventory.k8s.project import spec_digest
from inventory.k8s.writer import Writer
from inventory.models import Node
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Fail, Outcome, Reason, Wait
from scheduling import rules
from scheduling.choices import AllocationKind, AllocationState, RunsAs
from scheduling.engine import Ask, Policy, Verdict, decide, room_of
from scheduling.engine.explain import explain, placements_dump
from scheduling.engine.types import Placement
from scheduling.manifests.workload import affinity
from scheduling.models import Allocation, Commitment, Decision, NodeCommitment
from scheduling.selectors.preview import refusal_of
from scheduling.selectors.snapshot import snapshot_build
from scheduling.services.allocations import RELEASABLE, allocation_publish
from scheduling.services.clusters import node_names, object_ref, space_of, writer_of
from scheduling.services.commitments import (
    RoomTaken,
    commitments_drop,
    commitments_take,
    rows_lock,
)
from scheduling.services.drift import Drifted
from scheduling.services.steps.apply import pods_pending
from scheduling.services.steps.common import (
    POLL_SECONDS,
    load,
    load_locked,
    pods_now,
    wait_pods_gone,
)

AGAIN_SECONDS = 5.0
ENDED = ("Succeeded", "Failed")
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
MOVABLE = (*RELEASABLE, AllocationState.APPLYING, AllocationState.RESERVED)
NO_PLACE = gettext_noop("No other place is free. %(why)s")
MOVED = gettext_noop("Moved from %(old)s to %(new)s.")
NOT_THERE = gettext_noop("Waiting for the object to be created.")
RERUN = gettext_noop(
    "The run would have to begin again on other nodes, and the request did not consent to that."
)


def choose(ctx: StepContext) -> Outcome:
    """Give up the room that can't serve and take other room, in one transaction."""
    if "nodes" in ctx.recorded:
        return Done({"nodes": ctx.recorded["nodes"]})
    try:
        with ctx.transaction():
            allocation = load_locked(ctx)
            if allocation.state not in MOVABLE or allocation.cluster is None:
                ctx.record(nodes=[], moved=False)
                return Done({"nodes": []})
            return _choose(ctx, allocation)
    except RoomTaken:
        return Wait(Reason("room-taken", NO_PLACE, {"why": ""}), 0.2)
    except _NoPlace as none:
        return Wait(none.reason, AGAIN_SECONDS)


class _NoPlace(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


def _choose(ctx: StepContext, allocation: Allocation) -> Outcome:
    holder = _holder(allocation)
    bad = _bad_nodes(allocation, holder)
    pieces = _pieces(allocation, holder, bad)
    if not pieces:
        ctx.record(nodes=list(node_names(allocation)), moved=False)
        return Done({"nodes": list(node_names(allocation))})
    held = Commitment.objects.filter(holder=holder, node_uid__in=bad)
    old = sorted(set(held.values_list("node_name", flat=True)))
    _give_up(allocation, holder, bad)
    placements = _decide(ctx, allocation, pieces, bad)
    if allocation.cluster is not None:
        commitments_take(
            holder=holder,
            tenant_key=allocation.tenant_key,
            cluster=allocation.cluster,
            placements=placements,
            shape=room_of(allocation.shape),
        )
    nodes = list(node_names(allocation))
    ctx.record(nodes=nodes, moved=True, left=old)
    new = sorted(placement.node_name for placement in placements)
    ctx.log("ok", MOVED, old=", ".join(old), new=", ".join(new))
    allocation_publish(allocation)
    return Done({"nodes": nodes, "left": old})


def _bad_nodes(allocation: Allocation, holder: str) -> set[str]:
    """Nodes that are gone, out of service or over-committed, of those it has room on."""
    uids = set(Commitment.objects.filter(holder=holder).values_list("node_uid", flat=True))
    rows_lock(cluster_id=_cluster_id(allocation), node_uids=uids)
    there = {
        node.uid: node
        for node in Node.objects.filter(
            cluster_id=_cluster_id(allocation), uid__in=uids, gone_at=None
        )
    }
    bad = {uid for uid in uids if uid not in there or _out_of_service(there[uid])}
    for row in NodeCommitment.objects.filter(node_uid__in=uids):
        if row.free < 0:
            bad.add(row.node_uid)
    return bad


def _pieces(allocation: Allocation, holder: str, bad: set[str]) -> int:
    """How many replicas have to move: those whose room on a bad node no pod of theirs fills."""
    loose: Counter[str] = Counter()
    rows = Commitment.objects.filter(holder=holder, node_uid__in=bad, resource="pods")
    gone = set(Node.objects.filter(uid__in=bad, gone_at=None).values_list("uid", flat=True))
    for row in rows:
        bound = row.bound if row.node_uid in gone else 0
        loose[row.node_uid] += row.committed - bound
    return min(allocation.replicas, sum(loose.values()))


def _give_up(allocation: Allocation, holder: str, bad: set[str]) -> None:
    """Drop what is committed and not bound on the bad nodes."""
    bound = Commitment.objects.filter(holder=holder, node_uid__in=bad, bound__gt=0)
    keep = set(bound.values_list("node_uid", flat=True))
    commitments_drop(holder=holder, node_uids=bad - keep)
    for row in Commitment.objects.filter(holder=holder, node_uid__in=keep):
        spare = row.committed - row.bound
        row.committed = row.bound
        row.save(update_fields=["committed"])
        NodeCommitment.objects.filter(
            cluster_id=_cluster_id(allocation), node_uid=row.node_uid, resource=row.resource
        ).update(committed=F("committed") - spare)


def _decide(
    ctx: StepContext, allocation: Allocation, pieces: int, bad: set[str]
) -> tuple[Placement, ...]:
    cluster = allocation.cluster.name if allocation.cluster else None
    ask = Ask(allocation.tenant_key, pieces, allocation.shape, cluster)
    snapshot = snapshot_build(pool=allocation.pool, tenant_key=allocation.tenant_key)
    decision = decide(snapshot, ask, Policy(check_quota=False, avoid=frozenset(bad)))
    if decision.verdict != Verdict.FITS:
        refusal = refusal_of(decision, ask=ask, pool=allocation.pool, viewer=ctx.viewer)
        why = refusal.sentence() if refusal else ""
        raise _NoPlace(Reason(rules.ROOM, NO_PLACE, {"why": why}, refusal))
    Decision.objects.create(
        allocation=allocation,
        job_id=ctx.job.pk,
        verdict=str(decision.verdict),
        placements=placements_dump(decision.placements),
        explain=explain(decision),
    )
    return decision.placements


def patch(ctx: StepContext) -> Outcome:
    """Point the object at the nodes it has room on now."""
    allocation = load(ctx)
    if allocation.kind == AllocationKind.OPEN or not ctx.results["choose"].get("left"):
        return Done()
    writer, ref = _writer(allocation), object_ref(allocation)
    ctx.check()
    found = writer.get(ref)
    if found is None:
        return Wait(Reason("not-there", NOT_THERE), POLL_SECONDS)
    if found["metadata"]["uid"] != allocation.object_uid:
        return Wait(Reason("not-there", NOT_THERE), POLL_SECONDS)
    wanted = affinity(node_names(allocation))
    if found["spec"]["template"]["spec"].get("affinity") == wanted:
        return _patched(ctx, allocation, found)
    if allocation.runs_as == RunsAs.COMPLETION:
        return _patch_job(ctx, allocation, writer, ref, found, wanted)
    return _patched(ctx, allocation, _patch(writer, ref, found, _template(wanted)))


def _patch_job(
    ctx: StepContext,
    allocation: Allocation,
    writer: Writer,
    ref: ObjectRef,
    found: dict[str, Any],
    wanted: dict[str, Any],
) -> Outcome:
    """Suspend, wait until the pods are gone, patch where a dry run shows that it is taken."""
    if not found["spec"].get("suspend"):
        ctx.intend(suspend=True)
        found = _patch(writer, ref, found, {"suspend": True})
    pods = [pod for pod in pods_now(ctx, allocation) if pod["status"].get("phase") not in ENDED]
    if pods:
        return wait_pods_gone(ctx, pods)
    try:
        writer.patch_merge(ref, {"spec": _template(wanted)}, dry_run=True)
    except Invalid:
        return Fail(Reason("rerun", RERUN))
    found = _patch(writer, ref, found, _template(wanted))
    return _patched(ctx, allocation, _patch(writer, ref, found, {"suspend": False}))


def _template(wanted: dict[str, Any]) -> dict[str, Any]:
    return {"template": {"spec": {"affinity": wanted}}}


def _patch(
    writer: Writer, ref: ObjectRef, found: dict[str, Any], spec: dict[str, Any]
) -> dict[str, Any]:
    """Patch exactly the version that was read; a newer one is drift or another worker's."""
    meta = {
        "uid": found["metadata"]["uid"],
        "resourceVersion": found["metadata"]["resourceVersion"],
    }
    try:
        return writer.patch_merge(ref, {"metadata": meta, "spec": spec})
    except Conflict as conflict:
        if conflict.managers:
            raise Drifted(str(ref), conflict.managers) from conflict
        raise


def _patched(ctx: StepContext, allocation: Allocation, found: dict[str, Any]) -> Outcome:
    with ctx.transaction():
        Allocation.objects.filter(pk=allocation.pk).update(spec_hash=spec_digest(found["spec"]))
    return Done({"nodes": list(node_names(allocation))})


def evict(ctx: StepContext) -> Outcome:
    """Delete the pods that stand in the wrong place or nowhere; the controller makes others."""
    allocation = load(ctx)
    if allocation.kind == AllocationKind.OPEN or allocation.namespace is None:
        return Done()
    good = set(node_names(allocation))
    writer, space = _writer(allocation), space_of(allocation)
    deleted = []
    for pod in pods_now(ctx, allocation):
        node = (pod.get("spec") or {}).get("nodeName", "")
        if pod["status"].get("phase") in ENDED or not _misplaced(pod, node, good):
            continue
        name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
        if f"{name}/{uid}" in ctx.recorded:
            continue
        ctx.intend(**{f"{name}/{uid}": "delete"})
        ctx.check()
        grace = 0 if node and _proven_dead(allocation, node) else None
        if writer.delete(ObjectRef("Pod", name, space.name), uid=uid, grace_seconds=grace):
            deleted.append(name)
    return Done({"pods": deleted})


def _misplaced(pod: dict[str, Any], node: str, good: set[str]) -> bool:
    """On a node it has no room on, or waiting for one with the affinity of before."""
    if node:
        return node not in good
    terms = pod["spec"]["affinity"]["nodeAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]["nodeSelectorTerms"]
    pinned = {value for term in terms for field in term["matchFields"] for value in field["values"]}
    return pinned != good


def _proven_dead(allocation: Allocation, name: str) -> bool:
    """By force only where the node is gone or an administrator marked it out of service."""
    node = Node.objects.filter(cluster_id=_cluster_id(allocation), name=name, gone_at=None).first()
    return node is None or _out_of_service(node)


def _out_of_service(node: Node) -> bool:
    return any(taint.get("key") == OUT_OF_SERVICE for taint in node.taints)


def settle(ctx: StepContext) -> Outcome:
    """Wait until everything runs again; an allocation still being created is left to its job."""
    allocation = load(ctx)
    if allocation.kind == AllocationKind.WORKLOAD and allocation.state in RELEASABLE:
        pending = pods_pending(ctx, allocation)
        if pending is not None:
            return pending
        with ctx.transaction():
            Allocation.objects.filter(pk=allocation.pk, state__in=RELEASABLE).update(
                state=AllocationState.ACTIVE
            )
            allocation_publish(allocation)
    return Done()


def _writer(allocation: Allocation) -> Writer:
    return writer_of(_cluster_id(allocation))


def _cluster_id(allocation: Allocation) -> int:
    if allocation.cluster_id is None:
        msg = f"{allocation.ref} has no cluster yet"
        raise LookupError(msg)
    return allocation.cluster_id


def _holder(allocation: Allocation) -> str:
    if allocation.kind == AllocationKind.OPEN:
        return space_of(allocation).holder
    return allocation.holder
