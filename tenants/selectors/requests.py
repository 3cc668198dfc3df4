"""Questions about capacity requests; everything goes through what the viewer may see."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.db.models import Case, When

from portal.errors import NotFound
from portal.viewer import Viewer
from tenants.choices_requests import OPEN_STATES, RequestKind, RequestState
from tenants.models import CapacityRequest
from tenants.models.requests import CapacityRequestQuerySet
from tenants.offers import Terms, offer_apply
from tenants.request_states import NOT_BY_ASKER, TRANSITIONS, RequestVerb

BIGGEST_ID = 2**63 - 1


def request_list(*, viewer: Viewer, now: datetime) -> CapacityRequestQuerySet:
    """Requests of tenants the viewer sees, newest first, with their stage."""
    rows = CapacityRequest.objects.visible_to(viewer).with_stage(now=now)
    return rows.select_related("tenant").order_by("-id")


def open_first(rows: CapacityRequestQuerySet) -> CapacityRequestQuerySet:
    """Those with an offer to answer, then the other open ones, then the rest; newest first."""
    rank = Case(
        When(state=RequestState.COUNTERED, then=0),
        When(state__in=OPEN_STATES, then=1),
        default=2,
    )
    return rows.order_by(rank, "-id")


def request_get(*, request_id: int, viewer: Viewer) -> CapacityRequest:
    """One request; raises NotFound where the viewer doesn't see it."""
    if not 0 < request_id <= BIGGEST_ID:
        raise NotFound
    rows = CapacityRequest.objects.visible_to(viewer).select_related("tenant")
    found = rows.filter(pk=request_id).first()
    if found is None:
        raise NotFound
    return cast("CapacityRequest", found)


def request_of_allocation(
    *, allocation_id: int, tenant_key: str, viewer: Viewer
) -> CapacityRequest | None:
    """What an allocation was asked for with; None where it came to be in another way."""
    rows = CapacityRequest.objects.visible_to(viewer).select_related("tenant")
    mine = rows.filter(allocation_id=allocation_id, tenant_id=tenant_key)
    return cast(
        "CapacityRequest | None", mine.filter(kind=RequestKind.ALLOCATION).order_by("id").last()
    )


def request_terms(request: CapacityRequest) -> Terms:
    """What was asked for."""
    return Terms(request.ask, request.until_at)


def request_terms_granted(request: CapacityRequest) -> Terms:
    """What is or would be granted: the offer's terms where there is one."""
    return offer_apply(request_terms(request), request.counter)


def request_verbs(request: CapacityRequest, *, viewer: Viewer) -> tuple[RequestVerb, ...]:
    """What this viewer can do with a request in its present state."""
    own = viewer.user_id in request.asker_ids
    return tuple(
        verb
        for verb, transition in TRANSITIONS.items()
        if transition.right
        and request.state in transition.sources
        and viewer.can(transition.right, request.tenant_id)
        and not (own and verb in NOT_BY_ASKER)
        and not (verb == "accept" and viewer.user_id == request.decided_by_id)
    )
