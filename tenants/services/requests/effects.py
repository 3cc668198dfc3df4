"""What an approval sets going: an allocation's job, new quota, or another end."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from portal.errors import Conflict, Invalid
from portal.viewer import Viewer, authorize
from scheduling.choices import LIVE_STATES, RunsAs
from scheduling.models import Allocation
from scheduling.services.allocations import (
    AllocationAsk,
    allocation_check,
    allocation_extend,
    allocation_plan,
)
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.asks import fields_require
from tenants.choices_requests import OPEN_STATES, RequestKind
from tenants.models import CapacityRequest
from tenants.offers import Terms
from tenants.previews import RequestPreview
from tenants.selectors.previews import renewable_get, request_preview
from tenants.selectors.requests import request_terms


def ask_of(request: CapacityRequest, terms: Terms) -> AllocationAsk:
    """What scheduling is asked for; `terms` have what is required."""
    ask = terms.ask
    return AllocationAsk(
        tenant_key=request.tenant_id,
        kind=ask["kind"],
        name=ask["name"],
        pool=ask["pool"],
        cluster=ask.get("cluster", ""),
        replicas=ask["replicas"],
        shape=dict(ask["shape"]),
        runs_as=ask.get("runs_as") or RunsAs.SERVICE,
        spec=dict(ask.get("spec", {})),
        consent=dict(ask.get("consent", {})),
        priority=request.priority,
        preemptible=request.preemptible,
        until_at=terms.until_at,
    )


def request_check(request: CapacityRequest, *, viewer: Viewer, now: datetime) -> RequestPreview:
    """Everything that has to be right before others are asked to decide; raises Invalid."""
    fields_require(kind=request.kind, ask=request.ask)
    terms = request_terms(request)
    if request.kind == RequestKind.ALLOCATION:
        _allocation_check(request, terms)
    if request.kind == RequestKind.QUOTA and not request.justification.strip():
        text = _("Say why: it stays in the quota's history.")
        raise Invalid(fields={"justification": [text]})
    return request_preview(
        tenant_key=request.tenant_id, kind=request.kind, terms=terms, viewer=viewer, now=now
    )


def request_fulfil(
    request: CapacityRequest, terms: Terms, *, viewer: Viewer, verb: str, now: datetime
) -> None:
    """Do what was approved, in the approval's transaction; reserves nothing by itself.

    `verb` is the right that the approval stands on: request.decide, or request.create where a
    rule decided; new quota needs quota.edit as well. Raises NotFound or Denied, Refused where a
    rule of quota forbids it, Conflict where the world has changed.
    """
    authorize(viewer=viewer, verb=verb, tenant_key=request.tenant_id)
    try:
        if request.kind == RequestKind.ALLOCATION:
            _plan(request, terms, viewer, verb, now)
        elif request.kind == RequestKind.QUOTA:
            _set_quota(request, terms, viewer)
        else:
            target = renewable_get(tenant_key=request.tenant_id, ask=terms.ask, viewer=viewer)
            allocation_extend(
                allocation=target, until_at=terms.until_at, now=now, viewer=viewer, verb=verb
            )
    except Invalid as error:
        raise outdated(error) from error


def outdated(error: Invalid) -> Conflict:
    """What was right when it was submitted and is no longer."""
    return Conflict(
        _("Since it was submitted something has changed: %(what)s") % {"what": error.sentences},
        code="request-outdated",
    )


def _plan(request: CapacityRequest, terms: Terms, viewer: Viewer, verb: str, now: datetime) -> None:
    start_at = request.start_at
    # An offer may end before the request's deadline; nothing is placed past its own end.
    ends = [at for at in (request.deadline_at, terms.until_at) if at is not None]
    made = allocation_plan(
        ask=ask_of(request, terms),
        viewer=viewer,
        not_before=start_at if start_at and start_at > now else None,
        deadline_at=min(ends, default=None),
        verb=verb,
    )
    CapacityRequest.objects.filter(pk=request.pk).update(allocation=made)
    request.allocation = made


def _set_quota(request: CapacityRequest, terms: Terms, viewer: Viewer) -> None:
    reason = request.decision_reason or request.justification
    quota_set(
        edits=[
            QuotaEdit(request.tenant_id, terms.ask["pool"], resource, amount)
            for resource, amount in sorted(terms.ask["guaranteed"].items())
        ],
        why=_("Request %(ref)s: %(reason)s") % {"ref": request.ref, "reason": reason},
        viewer=viewer,
    )


def _allocation_check(request: CapacityRequest, terms: Terms) -> None:
    try:
        allocation_check(ask_of(request, terms))
    except Invalid as error:
        fields = {f"ask.{name}": texts for name, texts in error.fields.items()}
        raise Invalid(fields=fields) from error
    name = terms.ask["name"]
    live = Allocation.objects.filter(
        tenant_key=request.tenant_id, name=name, state__in=LIVE_STATES
    ).exists()
    asked = (
        CapacityRequest.objects.filter(
            tenant_id=request.tenant_id,
            kind=RequestKind.ALLOCATION,
            ask__name=name,
            state__in=OPEN_STATES,
        )
        .exclude(pk=request.pk)
        .exists()
    )
    if live or asked:
        text = _("The tenant has, or has asked for, an allocation of this name. Choose another.")
        raise Invalid(fields={"ask.name": [text]})
