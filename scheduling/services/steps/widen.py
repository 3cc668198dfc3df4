"""Widen and narrow: the namespace's quota follows what counts in it."""

from __future__ import annotations

import time

from django.utils.translation import gettext_noop

from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Outcome, Reason, Wait
from scheduling.choices import AllocationState
from scheduling.models import Allocation, TenantNamespace
from scheduling.services.allocations import allocation_publish
from scheduling.services.clusters import space_of
from scheduling.services.furniture import furniture_ensure
from scheduling.services.namespaces import (
    quota_confirmed,
    quota_write,
    space_ensure,
    space_is_gone,
)
from scheduling.services.steps.common import load, load_locked

QUICK_TRIES = 5
QUICK_SECONDS = 0.1
SLOW_SECONDS = 2.0
NEVER_WIDENED = (AllocationState.PLANNED, AllocationState.RESERVED)
UNCONFIRMED = gettext_noop("Waiting for the cluster to enforce the namespace's quota.")
WIDENED = gettext_noop("The cluster enforces the quota of %(namespace)s.")


def widen(ctx: StepContext) -> Outcome:
    """Count the allocation in its namespace; done only when the cluster enforces the new sum."""
    if not ctx.recorded.get("widened"):
        with ctx.transaction():
            allocation = load_locked(ctx)
            Allocation.objects.filter(pk=allocation.pk).update(
                widened=True, state=AllocationState.APPLYING
            )
            ctx.record(widened=True)
            allocation_publish(allocation)
    allocation = load(ctx)
    space_ensure(ctx, space_of(allocation))
    furniture_ensure(ctx, space_of(allocation))
    return quota_settle(ctx, space_of(allocation))


def narrow(ctx: StepContext) -> Outcome:
    """Stop counting the allocation; done only when the cluster enforces the smaller sum.

    What an earlier job left half-way is settled, too: only what was never widened is passed over.
    """
    allocation = load(ctx)
    if allocation.namespace is None or allocation.state in NEVER_WIDENED:
        return Done()
    if allocation.widened:
        with ctx.transaction():
            Allocation.objects.filter(pk=allocation.pk).update(widened=False)
    space = space_of(allocation)
    # It never became ours, or is gone: nothing that stands there now is touched.
    if not space.uid or space_is_gone(ctx, space):
        return Done()
    return quota_settle(ctx, space)


def space_again(ctx: StepContext, space: TenantNamespace) -> Outcome | None:
    """Make a namespace anew that somebody deleted, with all that stands in it.

    None where there is nothing to make, or nothing left; what ran in it is put back one by one.
    """
    if not ctx.recorded.get("again"):
        if not space_is_gone(ctx, space):
            return None
        ctx.intend(again=True)
    space_ensure(ctx, space)
    furniture_ensure(ctx, space)
    outcome = quota_settle(ctx, space)
    return outcome if isinstance(outcome, Wait) else None


def quota_settle(ctx: StepContext, space: TenantNamespace) -> Outcome:
    """Write the sum and see it enforced: at once as a rule, else by and by."""
    hard = quota_write(ctx, space)
    for _try in range(QUICK_TRIES):
        if quota_confirmed(ctx, space, hard):
            ctx.log("ok", WIDENED, namespace=space.name)
            return Done({"namespace": space.name, "hard": hard})
        time.sleep(QUICK_SECONDS)
    return Wait(Reason("quota-unconfirmed", UNCONFIRMED), SLOW_SECONDS)
