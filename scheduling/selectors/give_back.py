"""What would have to be given back for a quota to become smaller (design, section 6)."""

from __future__ import annotations

from django.db.models import F, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.refusal import GiveBack
from scheduling.choices import AllocationState, Priority
from scheduling.models import Allocation, Quota, QuotaLedger

RANK = {Priority.LOW: 0, Priority.NORMAL: 1, Priority.HIGH: 2}


def give_back_plan(*, quota: Quota, wanted: int) -> tuple[GiveBack, ...]:
    """Allocations of the tenant and all below it until what is left is no more than `wanted`.

    First what is releasing anyway; then what may be preempted, the lowest priority, the largest.
    The ledger says what each holds, so that parents' numbers and children's agree.
    """
    held = _held(quota)
    found = Allocation.objects.filter(pk__in=held)
    short, plan = quota.allocated - wanted, []
    for allocation in sorted(found, key=lambda a: (*_rank(a), -held[a.pk], a.pk)):
        if short <= 0:
            break
        plan.append(_line(allocation, held[allocation.pk], short))
        short -= held[allocation.pk]
    return tuple(plan)


def _held(quota: Quota) -> dict[int, int]:
    rows = QuotaLedger.objects.filter(quota=quota).order_by().values_list("allocation_id")
    sums = rows.annotate(held=Sum(F("d_reserved") + F("d_bound") + F("d_releasing")))
    return {
        allocation_id: int(held)
        for allocation_id, held in sums
        if allocation_id is not None and held > 0
    }


def _rank(allocation: Allocation) -> tuple[bool, bool, int]:
    releasing = allocation.state == AllocationState.RELEASING
    return (not releasing, not allocation.preemptible, RANK[Priority(allocation.priority)])


def _line(allocation: Allocation, amount: int, short: int) -> GiveBack:
    place = [allocation.tenant_key, allocation.pk]
    return GiveBack(
        ref=allocation.ref,
        scope=allocation.tenant_key,
        amount=amount,
        needed=min(amount, short),
        why=_why(allocation),
        url=reverse("allocation_page", args=place),
    )


def _why(allocation: Allocation) -> str:
    if allocation.state == AllocationState.RELEASING:
        return _("comes back by itself: it is releasing")
    rank = {"priority": allocation.get_priority_display()}
    if allocation.preemptible:
        return _("%(priority)s priority, may be preempted") % rank
    return _("%(priority)s priority") % rank
