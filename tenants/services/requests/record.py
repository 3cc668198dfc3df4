"""What every step of a request shares: who may take it, the one conditional update, the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from portal import audit, live
from portal.errors import Conflict, Denied, PreconditionFailed
from portal.viewer import Viewer, authorize
from tenants.models import CapacityRequest, RequestEvent
from tenants.request_states import NOT_BY_ASKER, TRANSITIONS, RequestVerb
from tenants.request_words import state_sentence
from tenants.selectors.requests import request_get
from tenants.services.rows import tenant_open


def request_open(
    *, request_id: int, verb: RequestVerb, viewer: Viewer, generation: int | None
) -> CapacityRequest:
    """A request that the viewer may do this to, now.

    Raises in this order: NotFound unseen, Denied without the right or for one's own request,
    Conflict in the wrong state (it says who was first), PreconditionFailed for another generation,
    Conflict in an archived tenant.
    """
    found = request_get(request_id=request_id, viewer=viewer)
    authorize(viewer=viewer, verb=TRANSITIONS[verb].right, tenant_key=found.tenant_id)
    if verb in NOT_BY_ASKER and viewer.user_id in found.asker_ids:
        raise Denied(
            _(
                "This is your own request: you made, edited or submitted it. So somebody else has"
                " to decide it. Tokens that you made count as you."
            ),
            code="own-request",
        )
    if found.state not in TRANSITIONS[verb].sources:
        raise wrong_state(found)
    if generation is not None and generation != found.generation:
        raise PreconditionFailed
    tenant_open(found.tenant_id, viewer)
    return found


def request_move(request: CapacityRequest, verb: RequestVerb, *, values: Mapping[str, Any]) -> None:
    """Change the state of the request as it was read, which is then read again.

    Raises Conflict where somebody else was faster, PreconditionFailed where the request stands in
    a state that allows the verb but is not the one that was read.
    """
    transition = TRANSITIONS[verb]
    rows = CapacityRequest.objects.filter(
        pk=request.pk, state__in=transition.sources, generation=request.generation
    )
    changed = rows.update(**values, state=transition.target, generation=F("generation") + 1)
    request.refresh_from_db()
    if changed:
        return
    if request.state in transition.sources:
        raise PreconditionFailed
    raise wrong_state(request)


def request_record(
    request: CapacityRequest,
    verb: str,
    *,
    viewer: Viewer,
    before: str = "",
    params: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write the event and the audit entry, and tell the browsers; `before` is the old state."""
    changed = {"state": request.state, **(params or {})}
    RequestEvent.objects.create(
        request=request,
        actor_id=viewer.user_id,
        actor_label=viewer.label,
        verb=verb,
        params={**(params or {}), **({"reason": reason} if reason else {})},
        before={"state": before} if before else {},
        after={"state": request.state},
    )
    audit.record(
        viewer=viewer,
        verb=f"request.{verb}",
        target_type="request",
        target_id=request.pk,
        tenant_key=request.tenant_id,
        before={"state": before} if before else None,
        after=changed,
        reason=reason,
    )
    request_publish(request)


def request_publish(request: CapacityRequest) -> None:
    """Say that a request changed: its own page, the tenant's lists, the operators' queue."""
    live.publish(f"request:{request.pk}", "changed", request=request.pk)
    live.publish(f"tenant:{request.tenant_id}", "request", request=request.pk)
    live.publish("requests", "changed", request=request.pk)


def wrong_state(request: CapacityRequest) -> Conflict:
    """Say what became of a request that can't be changed like this any more."""
    return Conflict(state_sentence(request), code="request-state")


def decision_values(
    viewer: Viewer, now: datetime, *, reason: str, rule: str = ""
) -> dict[str, Any]:
    """Columns that keep who decided; a rule decides without a person."""
    return {
        "decided_at": now,
        "decided_by_id": None if rule else viewer.user_id,
        "decided_by_label": "" if rule else viewer.label,
        "decided_rule": rule,
        "decision_reason": reason,
    }
