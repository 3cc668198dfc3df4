"""The first task of whoever looks at a demonstration: ask for two devices, approve it, watch it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.ui.guides import Guide, guide_register, steps_at
from portal.viewer import Viewer
from scheduling.choices import AllocationState
from tenants.choices_requests import OPEN_STATES
from tenants.models import CapacityRequest
from tenants.selectors.first_task import first_ask, has_decided, next_to_decide

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

STEPS: list[StrOrPromise] = [
    gettext_lazy("Ask for 2 GPUs"),
    gettext_lazy("An operator approves it"),
    gettext_lazy("Watch it come up"),
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
    """Until the first that the viewer asked for has come up, and a while after, or was refused."""
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
    if asked.allocation.state in COMING:
        return _watch(tenant_key, asked)
    return _done(tenant_key, asked) if _runs_newly(asked, timezone.now()) else None


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
        steps=steps_at([ASKED, *STEPS[1:]], 1),
        action=_("Look at the request"),
        url=reverse("queue_one", args=[found.pk]),
    )


def _ask(tenant_key: str) -> Guide:
    return Guide(
        title=_("First task: ask for 2 GPUs."),
        text=_("The form says at once whether they fit. Nothing is reserved before you ask."),
        steps=steps_at(STEPS, 0),
        action=_("Ask for 2 GPUs"),
        url=f"{reverse('request_new', args=[tenant_key])}?{urlencode(FIRST)}",
    )


def _wait(tenant_key: str, asked: CapacityRequest) -> Guide:
    return Guide(
        title=_("Now an operator decides."),
        text=_("Sign in as operator in another window and approve it: this page follows."),
        steps=steps_at(STEPS, 1),
        action=_("Your request"),
        url=reverse("request_page", args=[tenant_key, asked.pk]),
    )


def _watch(tenant_key: str, asked: CapacityRequest) -> Guide:
    return Guide(
        title=_("Approved."),
        text=_("A job reserves quota, chooses nodes and brings the pods up."),
        steps=steps_at(STEPS, 2),
        action=_("Watch it come up"),
        url=reverse("allocation_page", args=[tenant_key, asked.allocation_id]),
    )


def _done(tenant_key: str, asked: CapacityRequest) -> Guide:
    return Guide(
        title=_("Done: it is up."),
        text=_("Release it when you need it no more; the quota comes back as its pods go."),
        steps=steps_at(STEPS, len(STEPS)),
        action=_("Your allocation"),
        url=reverse("allocation_page", args=[tenant_key, asked.allocation_id]),
    )


def _runs_newly(asked: CapacityRequest, now: datetime) -> bool:
    allocation = asked.allocation
    if allocation is None or allocation.state != AllocationState.ACTIVE:
        return False
    return allocation.active_at is not None and allocation.active_at > now - LAST_WORD
