"""Asking for a decision: by rule at once, or by an operator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.errors import FieldErrors
from portal.viewer import Viewer
from tenants.choices_requests import RequestKind, RequestState
from tenants.models import CapacityRequest
from tenants.previews import RequestPreview
from tenants.selectors.requests import request_terms
from tenants.services.requests.effects import request_check, request_fulfil
from tenants.services.requests.record import (
    decision_values,
    request_move,
    request_open,
    request_record,
)
from tenants.services.requests.tell import asker_tell, operators_tell

DECIDE_WITHIN = timedelta(days=7)


@transaction.atomic
def request_submit(
    *, request_id: int, viewer: Viewer, now: datetime, generation: int | None = None
) -> CapacityRequest:
    """Submit a draft; where a rule approves, it is approved in the same transaction.

    Raises NotFound, Denied, PreconditionFailed, Conflict, or Invalid naming what is missing or
    wrong. A request that can't fit now may be submitted: the world may change, and an operator may
    offer less.
    """
    found = request_open(request_id=request_id, verb="submit", viewer=viewer, generation=generation)
    values = _times(found, now)
    preview = request_check(found, viewer=viewer, now=now)
    values |= {
        "submitted_at": now,
        "submitted_by_id": viewer.user_id,
        "preview_at_submit": preview.as_dict(),
    }
    if found.kind == RequestKind.RENEW:
        values["allocation_id"] = found.ask["allocation"]
    request_move(found, "submit", values=values)
    request_record(
        found,
        "submit",
        viewer=viewer,
        before=RequestState.DRAFT,
        params={"verdict": str(preview.verdict)},
    )
    if preview.rule.rule:
        _approve_by_rule(found, preview, viewer=viewer, now=now)
    else:
        operators_tell(found, but=viewer.user_id)
    return found


def _approve_by_rule(
    request: CapacityRequest, preview: RequestPreview, *, viewer: Viewer, now: datetime
) -> None:
    """The rule decides, on the right to ask of whoever submitted, as they have it now.

    The job that follows is Berth's and asks for no right again: what was granted is the tenant's,
    whoever leaves it meanwhile.
    """
    rule = preview.rule.rule
    values = decision_values(viewer, now, reason="", rule=rule)
    request_move(request, "approve", values=values)
    terms = request_terms(request)
    request_fulfil(request, terms, viewer=viewer, verb="request.create", now=now)
    request_record(
        request, "rule", viewer=viewer, before=RequestState.SUBMITTED, params={"rule": rule}
    )
    asker_tell(request, "request.approved", but=viewer.user_id)


def _times(request: CapacityRequest, now: datetime) -> dict[str, Any]:
    """The deadline; raises Invalid for times that have passed or contradict each other."""
    errors = FieldErrors()
    begins = request.start_at or now
    if begins < now:
        errors.add(
            "start_at", _("Choose a time in the future, or leave this empty to start at once.")
        )
    if request.until_at is not None and request.until_at <= max(begins, now):
        errors.add("until_at", _("Choose an end that comes after the start and after now."))
    deadline = request.deadline_at or max(begins, now) + DECIDE_WITHIN
    if deadline <= max(begins, now):
        errors.add("deadline_at", _("Choose a deadline after the start and after now."))
    errors.raise_any()
    if request.until_at is not None:
        deadline = min(deadline, request.until_at)
    return {"deadline_at": deadline}
