"""Whom a request's step is told to; rows of the same transaction."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.notices import notices_settle, notify, unread_urls
from portal.notices.kinds import NoticeKind, register
from portal.scope import scope
from portal.viewer import Viewer
from portal.viewers import viewer_resolve
from tenants.choices_requests import DECIDED_STATES, RequestState
from tenants.models import CapacityRequest
from tenants.selectors.users import operators

SUBMITTED = "request.submitted"
COUNTERED = "request.countered"
KINDS = (
    NoticeKind(
        code=SUBMITTED,
        label=_("A request waits for a decision"),
        title=_("%(tenant)s has submitted request %(ref)s"),
        text=_("Submitted by %(who)s."),
        verb="request.decide",
    ),
    NoticeKind(
        code="request.approved",
        label=_("A request of yours is approved"),
        title=_("Request %(ref)s of %(tenant)s is approved"),
        text=_("Decided by %(decider)s."),
    ),
    NoticeKind(
        code=COUNTERED,
        label=_("A request of yours got an offer"),
        title=_("Request %(ref)s of %(tenant)s: %(decider)s offers less"),
        text=_("%(reason)s Accept or decline the offer."),
        email=True,
    ),
    NoticeKind(
        code="request.rejected",
        label=_("A request of yours is rejected"),
        title=_("Request %(ref)s of %(tenant)s is rejected"),
        text=_("%(decider)s: %(reason)s"),
    ),
    NoticeKind(
        code="request.expired",
        label=_("A request of yours has expired"),
        title=_("Request %(ref)s of %(tenant)s has expired"),
        text=_("Nobody decided it in time. Clone it to ask again."),
    ),
    NoticeKind(
        code="request.accepted",
        label=_("An offer of yours is accepted"),
        title=_("%(tenant)s accepts your offer for request %(ref)s"),
        verb="request.decide",
    ),
    NoticeKind(
        code="request.declined",
        label=_("An offer of yours is declined"),
        title=_("%(tenant)s declines your offer for request %(ref)s"),
        verb="request.decide",
    ),
)


def notice_kinds_register() -> None:
    """Make the kinds known; called once, from `ready`."""
    for kind in KINDS:
        register(kind)


def operators_tell(request: CapacityRequest, *, but: int | None) -> None:
    """Everybody who may decide, except the one who asked."""
    users = set(operators()) - {but} - request.asker_ids
    _tell(request, SUBMITTED, users, url=_queue_address(request.pk))


def decided_settle(now: datetime) -> None:
    """Take decided requests out of the bells of those who might have decided, and offers that are
    answered out of those of the askers; by the clock.

    Not with the decision: whoever decides may not write what others are told.
    """
    rows = CapacityRequest.objects
    with scope(Viewer.system("requests")):
        _settle(SUBMITTED, rows.filter(state__in=DECIDED_STATES), now)
        _settle(COUNTERED, rows.exclude(state=RequestState.COUNTERED), now)


def _settle(kind: str, done: QuerySet[CapacityRequest], now: datetime) -> None:
    urls = {_number(url): url for url in unread_urls(kind=kind)}
    ids = done.filter(pk__in=urls).values_list("pk", flat=True)
    notices_settle(kind=kind, urls=[urls[pk] for pk in ids], now=now)


def asker_tell(request: CapacityRequest, kind: str, *, but: int | None) -> None:
    """Whoever asked, as far as they still see the tenant and did not do it themselves."""
    users = {
        user for user in request.asker_ids - {but} if viewer_resolve(user).sees(request.tenant_id)
    }
    _tell(request, kind, users, url=_address(request))


def decider_tell(request: CapacityRequest, kind: str) -> None:
    """Whoever made the offer, as far as they still may decide."""
    user = request.decided_by_id
    if user is not None and viewer_resolve(user).can("request.decide", request.tenant_id):
        _tell(request, kind, {user}, url=_queue_address(request.pk))


def _tell(request: CapacityRequest, kind: str, users: set[int], *, url: str) -> None:
    rule = request.decided_rule
    notify(
        kind=kind,
        users=users,
        tenant_key=request.tenant_id,
        params={
            "ref": request.ref,
            "tenant": request.tenant_id,
            "who": request.created_by_label,
            "decider": rule or request.decided_by_label,
            "reason": request.decision_reason,
        },
        url=url,
    )


def _queue_address(request_id: int) -> str:
    return f"/ops/queue/{request_id}/"


def _number(address: str) -> int:
    """Of the request that an address ends with."""
    return int(address.rstrip("/").rpartition("/")[2])


def _address(request: CapacityRequest) -> str:
    return f"/t/{request.tenant_id}/requests/{request.pk}/"
