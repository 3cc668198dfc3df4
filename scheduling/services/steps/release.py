"""Giving back: object gone, pods gone, quota narrowed, and only then credited."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop

from inventory.k8s.paths import ObjectRef
from inventory.models import Pod
from inventory.models.pod import DONE_PHASES
from portal.errors import Refused
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Outcome, Park, Reason, Wait
from portal.jobs.wake import jobs_wake
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES, JobState
from portal.scope import scope
from scheduling.choices import AllocationKind, AllocationState
from scheduling.engine import room_of
from scheduling.models import Allocation, QuotaLedger
from scheduling.services.allocations import REPLACE, allocation_publish
from scheduling.services.clusters import SYSTEM, is_ours, object_ref, owner_of, space_of, writer_of
from scheduling.services.commitments import commitments_drop, commitments_shrink
from scheduling.services.drift import RESTORE
from scheduling.services.moves import Direction, quota_move
from scheduling.services.namespaces import quota_excess
from scheduling.services.steps.common import (
    POLL_SECONDS,
    load,
    load_locked,
    move_of,
    pods_now,
    wait_pods_gone,
)

DRAIN_SECONDS = 3600
DELETED = gettext_noop("Asked for %(object)s to be deleted.")
NOT_OURS = gettext_noop("%(object)s is somebody else's now; left alone.")
BUSY = gettext_noop("Waiting for the placement that is under way to end.")
OVER = gettext_noop(
    "The tenant's pods still use more than remains: %(keys)s. They have until %(until)s."
)
FULL = gettext_noop(
    "The deadline passed and the tenant's pods still use more than remains: %(keys)s. End pods,"
    " or consent to eviction; until then it stays charged."
)
EVICTED = gettext_noop("Evicted %(pod)s, as consented in the request.")


def begin(ctx: StepContext) -> Outcome:
    """Move what is bound to releasing; wait for whoever is writing the object just now.

    The state, set when the release was asked for, lets those others end at their next step. One
    that is parked is not waited for: it finds the state when it is resumed.
    """
    with scope(SYSTEM):
        allocation = load(ctx)
        busy = (
            JobRun.objects.filter(
                kind__in=(REPLACE, RESTORE), key=allocation.job_key, state__in=ACTIVE_STATES
            )
            .exclude(state=JobState.PARKED)
            .exists()
        )
    if busy:
        return Wait(Reason("busy", BUSY), POLL_SECONDS)
    with ctx.transaction():
        allocation = load_locked(ctx)
        _move(ctx, allocation, "release")
        Allocation.objects.filter(pk=allocation.pk).update(state=AllocationState.RELEASING)
        allocation_publish(allocation)
    return Done({"charged": allocation.charged})


def withdraw(ctx: StepContext) -> Outcome:
    """Delete the object by its UID; what stands there under another UID is not ours to touch."""
    allocation = load(ctx)
    if allocation.kind == AllocationKind.OPEN or allocation.namespace is None:
        return Done({"object": ""})
    ref = object_ref(allocation)
    writer = writer_of(allocation.namespace.cluster_id)
    ctx.check()
    found = writer.get(ref)
    if found is None:
        return Done({"object": "", "undid": bool(allocation.object_uid)})
    uid = found["metadata"]["uid"]
    owner = owner_of(tenant_key=allocation.tenant_key, allocation=allocation)
    if (allocation.object_uid and uid != allocation.object_uid) or not is_ours(found, owner):
        ctx.log("warn", NOT_OURS, object=str(ref))
        return Done({"object": ""})
    ctx.intend(delete=uid)
    ctx.check()
    writer.delete(ref, uid=uid, propagation="Foreground")
    ctx.log("info", DELETED, object=str(ref))
    return Done({"object": str(ref), "undid": True})


def vanish(ctx: StepContext) -> Outcome:
    """Wait until the cluster has no pod of it any more."""
    allocation = load(ctx)
    if allocation.kind == AllocationKind.OPEN:
        return Done()
    pods = pods_now(ctx, allocation)
    ctx.progress(done=allocation.replicas - len(pods), total=allocation.replicas)
    return wait_pods_gone(ctx, pods) if pods else Done()


def drain(ctx: StepContext) -> Outcome:
    """Open capacity: wait until the tenant's pods fit what remains; evict only with consent."""
    allocation = load(ctx)
    if allocation.kind == AllocationKind.WORKLOAD or allocation.namespace is None:
        return Done()
    excess = quota_excess(ctx, space_of(allocation))
    if not excess:
        return Done()
    if "until" not in ctx.recorded:
        until = ctx.now() + timedelta(seconds=DRAIN_SECONDS)
        ctx.intend(until=until.isoformat(timespec="seconds"))
    keys = ", ".join(f"{key} {amount}" for key, amount in sorted(excess.items()))
    if allocation.consent.get("evict"):
        _evict_one(ctx, allocation)
    elif ctx.now().isoformat(timespec="seconds") >= ctx.recorded["until"]:
        return Park(Reason("drain", FULL, {"keys": keys}))
    params = {"keys": keys, "until": ctx.recorded["until"]}
    return Wait(Reason("drain", OVER, params), POLL_SECONDS)


def credit(ctx: StepContext) -> Outcome:
    """The pods are gone: give quota and nodes back, and wake who waits for them."""
    return _settle(ctx, AllocationState.RELEASED, "credit")


def cancel(ctx: StepContext) -> Outcome:
    """After a failure: give back what was reserved and say why it failed."""
    return _settle(ctx, AllocationState.FAILED, "cancel")


def _moves_made(allocation: Allocation) -> set[str]:
    made = QuotaLedger.objects.filter(operation=allocation.ref)
    return set(made.values_list("direction", flat=True))


def _move(ctx: StepContext, allocation: Allocation, direction: Direction) -> None:
    refusal = quota_move(move_of(ctx, allocation, direction))
    if refusal is not None:
        raise Refused(refusal)


def _settle(ctx: StepContext, state: AllocationState, direction: Direction) -> Outcome:
    with ctx.transaction():
        allocation = load_locked(ctx)
        if allocation.state == state:  # an earlier attempt came this far
            return Done({"charged": allocation.charged, "undid": True})
        made = _moves_made(allocation)
        held = "reserve" in made
        if held:
            # Stopped between bind and its record: what is bound goes the long way back.
            bound = direction == "cancel" and "bind" in made
            for each in ("release", "credit") if bound else (direction,):
                _move(ctx, allocation, each)
            _room_return(allocation)
        Allocation.objects.filter(pk=allocation.pk).update(
            state=state,
            released_at=timezone.now(),
            reason=ctx.job.reason if state == AllocationState.FAILED else None,
        )
        waiting = Allocation.objects.filter(state=AllocationState.PLANNED)
        jobs_wake(keys=[f"allocation:{pk}" for pk in waiting.values_list("pk", flat=True)])
        allocation_publish(allocation)
    return Done({"charged": allocation.charged if held else {}, "undid": held})


def _room_return(allocation: Allocation) -> None:
    if allocation.kind == AllocationKind.WORKLOAD:
        commitments_drop(holder=allocation.holder)
        return
    amounts = {
        key: amount * allocation.replicas for key, amount in room_of(allocation.shape).items()
    }
    commitments_shrink(holder=space_of(allocation).holder, amounts=amounts)


def _evict_one(ctx: StepContext, allocation: Allocation) -> None:
    """The youngest pod goes first; one at a time, so that no more go than have to."""
    space = space_of(allocation)
    with scope(SYSTEM):
        pod = (
            Pod.objects.filter(cluster_id=space.cluster_id, namespace=space.name, deleting_at=None)
            .exclude(phase__in=DONE_PHASES)
            .order_by("-created_at", "name")
            .first()
        )
    if pod is None:
        return
    ctx.check()
    ref = ObjectRef("Pod", pod.name, space.name)
    if writer_of(space.cluster_id).delete(ref, uid=pod.uid):
        ctx.log("warn", EVICTED, pod=pod.name)
