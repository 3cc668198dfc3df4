"""Giving back: object gone, pods gone, quota narrowed, and only then credited."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_noop

from portal.errors import Refused
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Outcome, Reason, Wait
from portal.jobs.runner import CANCELLED
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
from scheduling.services.notices import FAILED, tenant_tell
from scheduling.services.steps.common import (
    POLL_SECONDS,
    load,
    load_locked,
    move_of,
    pods_now,
    wait_pods_gone,
)

DELETED = gettext_noop("Asked for %(object)s to be deleted.")
NOT_OURS = gettext_noop("%(object)s is somebody else's now; left alone.")
BUSY = gettext_noop("Waiting for the placement that is under way to end.")


def quiet(ctx: StepContext) -> Outcome:
    """Wait for whoever is writing the object just now.

    Those others end at their next step, for they see that the allocation is on its way out; after a
    failure that step comes as late as its back-off says. One that is parked is not waited for: it
    sees it when it is resumed.
    """
    with scope(SYSTEM):
        writers = JobRun.objects.filter(
            kind__in=(REPLACE, RESTORE), key=load(ctx).job_key, state__in=ACTIVE_STATES
        )
        busy = writers.exclude(state=JobState.PARKED).exists()
    return Wait(Reason("busy", BUSY), POLL_SECONDS) if busy else Done()


def begin(ctx: StepContext) -> Outcome:
    """Move what is bound to releasing, once nobody else writes the object."""
    pending = quiet(ctx)
    if isinstance(pending, Wait):
        return pending
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


def credit(ctx: StepContext) -> Outcome:
    """The pods are gone: give quota and nodes back, and wake who waits for them."""
    fails = ctx.args.get("fails", False)
    return _settle(ctx, AllocationState.FAILED if fails else AllocationState.RELEASED, "credit")


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
            if not {"credit", "cancel"} & made:  # else another job has given the room back
                _room_return(allocation)
        Allocation.objects.filter(pk=allocation.pk).update(
            state=state,
            released_at=timezone.now(),
            reason=allocation.reason or (ctx.job.reason if direction == "cancel" else None),
        )
        # Whoever had it stopped knows; what fails after it stood was told of when that was seen.
        if direction == "cancel" and (ctx.job.reason or {}).get("code") != CANCELLED.code:
            tenant_tell(allocation=allocation, kind=FAILED)
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
