"""What the tenant does with its request: take back, accept an offer, decline it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.errors import Conflict, Denied
from portal.scope import scope
from portal.viewer import Viewer
from portal.viewers import viewer_resolve
from tenants.models import CapacityRequest
from tenants.selectors.requests import request_terms_granted
from tenants.services.requests.decide import deadline_check, offer_check, reason_check
from tenants.services.requests.effects import request_fulfil
from tenants.services.requests.record import (
    decision_values,
    request_move,
    request_open,
    request_record,
)
from tenants.services.requests.tell import asker_tell, decider_tell


@transaction.atomic
def request_counter_accept(
    *, request_id: int, viewer: Viewer, now: datetime, generation: int | None = None
) -> CapacityRequest:
    """Take the operator's offer: it is approved and set going.

    The offer stands on the right of the operator who made it, who has to hold it still and can't
    be the one who accepts. Raises NotFound, Denied, PreconditionFailed, Conflict or Refused.
    """
    found = request_open(request_id=request_id, verb="accept", viewer=viewer, generation=generation)
    if viewer.user_id is not None and viewer.user_id == found.decided_by_id:
        raise Denied(
            _("You made this offer, so somebody else has to accept it for the tenant."),
            code="own-offer",
        )
    deadline_check(found, now)
    terms = request_terms_granted(found)
    offer_check(terms, now)
    operator = _offerer(found)
    before = found.state
    request_move(found, "accept", values={"decided_at": now})
    with scope(operator):
        request_fulfil(found, terms, viewer=operator, verb="request.decide", now=now)
    request_record(found, "accept", viewer=viewer, before=before, params={"offer": found.counter})
    decider_tell(found, "request.accepted")
    asker_tell(found, "request.approved", but=viewer.user_id)
    return found


@transaction.atomic
def request_counter_decline(
    *,
    request_id: int,
    viewer: Viewer,
    now: datetime,
    reason: str = "",
    generation: int | None = None,
) -> CapacityRequest:
    """Decline the offer; the request goes back to the operators as it was asked.

    Raises NotFound, Denied, PreconditionFailed, Conflict or Invalid.
    """
    found = request_open(
        request_id=request_id, verb="decline", viewer=viewer, generation=generation
    )
    reason_check(reason, required=False)
    before, offer = found.state, found.counter
    decider_tell(found, "request.declined")
    request_move(
        found,
        "decline",
        values={
            "counter": None,
            "decided_by_id": None,
            "decided_by_label": "",
            "decision_reason": "",
        },
    )
    request_record(
        found, "decline", viewer=viewer, before=before, params={"offer": offer}, reason=reason
    )
    return found


@transaction.atomic
def request_withdraw(
    *,
    request_id: int,
    viewer: Viewer,
    now: datetime,
    reason: str = "",
    generation: int | None = None,
) -> CapacityRequest:
    """Take back a request that is not decided, or drop a draft.

    Raises NotFound, Denied, PreconditionFailed, Conflict or Invalid.
    """
    found = request_open(
        request_id=request_id, verb="withdraw", viewer=viewer, generation=generation
    )
    reason_check(reason, required=False)
    before = found.state
    values = decision_values(viewer, now, reason=reason) | {"counter": None}
    request_move(found, "withdraw", values=values)
    request_record(found, "withdraw", viewer=viewer, before=before, reason=reason)
    return found


def _offerer(request: CapacityRequest) -> Viewer:
    """The rights of whoever made the offer, as of now."""
    made_by = request.decided_by_id
    operator = Viewer.anonymous() if made_by is None else viewer_resolve(made_by)
    if not operator.can("request.decide", request.tenant_id):
        raise Conflict(
            _("%(who)s made this offer and may no longer decide. Decline it for a new decision.")
            % {"who": request.decided_by_label},
            code="offer-lapsed",
        )
    return operator
