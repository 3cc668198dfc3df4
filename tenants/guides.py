"""The first task of whoever looks at a demonstration: ask for devices, approve, watch, release."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.ui.guides import Guide, GuideStep, guide_register, steps_at
from portal.viewer import Viewer
from scheduling.choices import AllocationState
from scheduling.models import Allocation
from scheduling.words import amounts_words
from tenants.choices_requests import OPEN_STATES
from tenants.models import CapacityRequest
from tenants.offers import terms_total
from tenants.request_shown import headline
from tenants.selectors.first_task import first_ask, has_decided, next_to_decide
from tenants.selectors.requests import request_terms, request_terms_granted

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ASK = gettext_lazy("Ask for 2 GPUs")
STEPS: list[StrOrPromise] = [
    gettext_lazy("An operator approves it"),
    gettext_lazy("Watch it come up"),
    gettext_lazy("Release it"),
]
ASKED = gettext_lazy("A tenant asks")
FIRST = {
    "pool": "h100",
    "devices": 2,
    "replicas": 1,
    "name": "first-try",
    "image": "registry.example/first-try:1",
}
COMING = (AllocationState.PLANNED, AllocationState.RESERVED, AllocationState.APPLYING)
WAITS = OPEN_STATES
LAST_WORD = timedelta(hours=1)


def guides_register() -> None:
    """Fill both homes; called once, from `ready`. Without a demonstration they stay empty."""
    if settings.DEMO:
        guide_register("tenant_home", tenant_guide)
        guide_register("ops_home", operator_guide)


def tenant_guide(viewer: Viewer, tenant_key: str | None) -> Guide | None:
    """Until the first that the viewer asked for was given back, and a while after, or was refused.

    It pauses where that one runs for long.
    """
    if tenant_key is None or viewer.user_id is None or viewer.sees_all:
        return None
    if not viewer.can("request.create", tenant_key):
        return None
    asked = first_ask(tenant_key=tenant_key, viewer=viewer)
    if asked is None:
        return _ask(tenant_key)
    if asked.state in WAITS:
        return _wait(tenant_key, asked)
    if asked.allocation is None:
        return None
    return _held(tenant_key, asked, asked.allocation, timezone.now())


def _held(
    tenant_key: str, asked: CapacityRequest, allocation: Allocation, now: datetime
) -> Guide | None:
    if allocation.state in COMING:
        return _watch(tenant_key, asked)
    if allocation.state == AllocationState.ACTIVE and _lately(allocation.active_at, now):
        return _up(tenant_key, asked)
    if allocation.state == AllocationState.RELEASING:
        return _going(tenant_key, asked)
    if allocation.state == AllocationState.RELEASED and _lately(allocation.released_at, now):
        return _back(tenant_key, asked)
    return None


def operator_guide(viewer: Viewer, _tenant_key: str | None) -> Guide | None:
    """Until the viewer has decided a request."""
    if not viewer.can("request.decide") or has_decided(viewer=viewer):
        return None
    found = next_to_decide(viewer=viewer)
    if found is None:
        return None
    return Guide(
        title=_("First task: decide on a request."),
        text=_("%(tenant)s asks; see what it meets before you approve, offer less or reject.")
        % {"tenant": found.tenant_id},
        steps=steps_at([ASKED, *STEPS[:2]], 1),
        action=_("Look at the request"),
        url=reverse("queue_one", args=[found.pk]),
    )


def _ask(tenant_key: str) -> Guide:
    return Guide(
        title=_("First task: ask for 2 GPUs."),
        text=_("The form says at once whether they fit. Nothing is reserved before you ask."),
        steps=steps_at([ASK, *STEPS], 0),
        action=ASK,
        url=f"{reverse('request_new', args=[tenant_key])}?{urlencode(FIRST)}",
    )


def _wait(tenant_key: str, asked: CapacityRequest) -> Guide:
    return Guide(
        title=_("Now an operator decides."),
        text=_("Sign in as operator in another window and approve it: this page follows."),
        steps=_way(asked, 1),
        action=_("Your request"),
        url=reverse("request_page", args=[tenant_key, asked.pk]),
    )


def _watch(tenant_key: str, asked: CapacityRequest) -> Guide:
    return Guide(
        title=_("Approved."),
        text=_("A job reserves quota, chooses nodes and brings the pods up."),
        steps=_way(asked, 2),
        action=_("Watch it come up"),
        url=_address(tenant_key, asked),
    )


def _up(tenant_key: str, asked: CapacityRequest) -> Guide:
    return Guide(
        title=_("It is up."),
        text=_("Release it when you need it no more; the quota comes back as its pods go."),
        steps=_way(asked, 3),
        action=_("Your allocation"),
        url=_address(tenant_key, asked),
    )


def _going(tenant_key: str, asked: CapacityRequest) -> Guide:
    return Guide(
        title=_("It is being released."),
        text=_("Its quota comes back when the cluster confirms that its pods are gone."),
        steps=_way(asked, 3),
        action=_("Watch it go"),
        url=_address(tenant_key, asked),
    )


def _back(tenant_key: str, asked: CapacityRequest) -> Guide:
    amounts = amounts_words(terms_total(asked.kind, request_terms_granted(asked)))
    return Guide(
        title=_("Done: it is released, and its quota came back."),
        text=_("%(amounts)s can be asked for again.") % {"amounts": amounts},
        steps=_way(asked, 4),
        action=_("Your quota"),
        url=reverse("quota_own", args=[tenant_key]),
    )


def _way(asked: CapacityRequest, now: int) -> tuple[GuideStep, ...]:
    """The steps as they were really gone: what was asked for, and who approved it."""
    size = headline(asked.kind, request_terms(asked))
    ask = _("Ask for %(amount)s") % {"amount": f"{size.number} {size.unit}".strip()}
    approved = _("A rule approves it") if asked.decided_rule else STEPS[0]
    return steps_at([ask, approved, *STEPS[1:]], now)


def _address(tenant_key: str, asked: CapacityRequest) -> str:
    return reverse("allocation_page", args=[tenant_key, asked.allocation_id])


def _lately(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment > now - LAST_WORD
