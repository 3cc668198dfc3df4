"""What operators decide: take into review, approve, offer less, reject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.errors import Conflict, FieldErrors, Invalid
from portal.viewer import Viewer
from tenants.asks import text_problem
from tenants.models import MAX_JUSTIFICATION, CapacityRequest
from tenants.offers import Terms, offer_apply, offer_read
from tenants.previews import RequestPreview
from tenants.selectors.previews import request_preview
from tenants.selectors.requests import request_terms
from tenants.services.requests.drafts import HORIZON
from tenants.services.requests.effects import outdated, request_fulfil
from tenants.services.requests.record import (
    decision_values,
    request_move,
    request_open,
    request_record,
)
from tenants.services.requests.tell import asker_tell


@dataclass(frozen=True, slots=True)
class Decided:
    """A decided request with what it meets at this moment: the world may have changed."""

    request: CapacityRequest
    preview: RequestPreview


@transaction.atomic
def request_claim(
    *, request_id: int, viewer: Viewer, now: datetime, generation: int | None = None
) -> CapacityRequest:
    """Say that one is looking at a request; others may still decide it.

    Raises NotFound, Denied (own request), PreconditionFailed or Conflict.
    """
    found = request_open(request_id=request_id, verb="claim", viewer=viewer, generation=generation)
    before = found.state
    values = {
        "claimed_at": now,
        "claimed_by_id": viewer.user_id,
        "claimed_by_label": viewer.label,
    }
    request_move(found, "claim", values=values)
    request_record(found, "claim", viewer=viewer, before=before)
    return found


@transaction.atomic
def request_approve(
    *,
    request_id: int,
    viewer: Viewer,
    now: datetime,
    reason: str = "",
    generation: int | None = None,
) -> Decided:
    """Approve as asked: plan the allocation, set the quota, or move the end.

    Reserves nothing; the preview says what the allocation would meet now. Raises NotFound, Denied
    (own request), PreconditionFailed, Conflict (decided by somebody else, past its deadline, or
    what was asked for is gone), Invalid, or Refused by a rule of quota.
    """
    found = request_open(
        request_id=request_id, verb="approve", viewer=viewer, generation=generation
    )
    deadline_check(found, now)
    reason_check(reason, required=False)
    terms = request_terms(found)
    preview = _preview(found, terms, viewer, now)
    before = found.state
    values = decision_values(viewer, now, reason=reason) | {"counter": None}
    request_move(found, "approve", values=values)
    request_fulfil(found, terms, viewer=viewer, verb="request.decide", now=now)
    request_record(
        found,
        "approve",
        viewer=viewer,
        before=before,
        params={"verdict": str(preview.verdict)},
        reason=reason,
    )
    asker_tell(found, "request.approved", but=viewer.user_id)
    return Decided(found, preview)


@transaction.atomic
def request_counter(
    *,
    request_id: int,
    ask: Any,
    until_at: datetime | None,
    reason: str,
    viewer: Viewer,
    now: datetime,
    generation: int | None = None,
) -> Decided:
    """Offer less: equal or smaller amounts, an equal or earlier end; the tenant has to accept.

    Raises as `request_approve`, and Invalid where the offer is not smaller or has no reason.
    """
    found = request_open(
        request_id=request_id, verb="counter", viewer=viewer, generation=generation
    )
    deadline_check(found, now)
    reason_check(reason, required=True)
    _end_check(until_at, max(found.start_at or now, now), now)
    asked = request_terms(found)
    offer = offer_read(kind=found.kind, terms=asked, data=ask, until_at=until_at)
    preview = _preview(found, offer_apply(asked, offer), viewer, now)
    before = found.state
    values = decision_values(viewer, now, reason=reason) | {"counter": offer, "decided_at": None}
    request_move(found, "counter", values=values)
    params = {"offer": offer, "verdict": str(preview.verdict)}
    request_record(found, "counter", viewer=viewer, before=before, params=params, reason=reason)
    asker_tell(found, "request.countered", but=viewer.user_id)
    return Decided(found, preview)


@transaction.atomic
def request_reject(
    *,
    request_id: int,
    reason: str,
    viewer: Viewer,
    now: datetime,
    generation: int | None = None,
) -> CapacityRequest:
    """Say no, and why.

    Raises NotFound, Denied (own request), PreconditionFailed, Conflict, or Invalid without reason.
    """
    found = request_open(request_id=request_id, verb="reject", viewer=viewer, generation=generation)
    reason_check(reason, required=True)
    before = found.state
    values = decision_values(viewer, now, reason=reason) | {"counter": None}
    request_move(found, "reject", values=values)
    request_record(found, "reject", viewer=viewer, before=before, reason=reason)
    asker_tell(found, "request.rejected", but=viewer.user_id)
    return found


def reason_check(reason: str, *, required: bool) -> None:
    """A reason that people can read, of bearable length; raises Invalid."""
    errors = FieldErrors()
    if required and not reason.strip():
        errors.add("reason", _("Give a reason; the tenant reads it."))
    elif len(reason) > MAX_JUSTIFICATION:
        sentence = _("At most %(limit)s characters; this has %(now)s.")
        errors.add("reason", sentence % {"limit": MAX_JUSTIFICATION, "now": len(reason)})
    elif text_problem(reason) is not None:
        errors.add("reason", _("Leave out NUL characters and half characters."))
    errors.raise_any()


def deadline_check(request: CapacityRequest, now: datetime) -> None:
    """Nobody decides what has run out; raises Conflict."""
    if request.deadline_at is not None and request.deadline_at <= now:
        raise Conflict(
            _("The deadline of this request has passed. It can be cloned to ask again."),
            code="request-expired",
        )


def offer_check(terms: Terms, now: datetime) -> None:
    """Nobody accepts what is over by now; raises Conflict. It can be declined still."""
    if terms.until_at is not None and terms.until_at <= now:
        raise Conflict(
            _("The end that was offered has passed. Decline the offer for a new decision."),
            code="offer-over",
        )


def _end_check(until_at: datetime | None, begins: datetime, now: datetime) -> None:
    if until_at is None:
        return
    if until_at <= begins:
        text = _("Choose an end that comes after the start and after now.")
        raise Invalid(fields={"until_at": [text]})
    if until_at > now + HORIZON:
        raise Invalid(fields={"until_at": [_("Choose a time within the next five years.")]})


def _preview(
    request: CapacityRequest, terms: Terms, viewer: Viewer, now: datetime
) -> RequestPreview:
    try:
        return request_preview(
            tenant_key=request.tenant_id, kind=request.kind, terms=terms, viewer=viewer, now=now
        )
    except Invalid as error:
        raise outdated(error) from error
