"""Whom a request's step is told to; rows of the same transaction."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.notices import notify
from portal.notices.kinds import NoticeKind, register
from portal.viewers import viewer_resolve
from tenants.models import CapacityRequest
from tenants.selectors.users import operators

KINDS = (
    NoticeKind(
        code="request.submitted",
        label=_("A request waits for a decision"),
        title=_("%(tenant)s has submitted request %(ref)s"),
        text=_("Submitted by %(who)s."),
    ),
    NoticeKind(
        code="request.approved",
        label=_("A request of yours is approved"),
        title=_("Request %(ref)s of %(tenant)s is approved"),
        text=_("Decided by %(decider)s."),
    ),
    NoticeKind(
        code="request.countered",
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
    ),
    NoticeKind(
        code="request.declined",
        label=_("An offer of yours is declined"),
        title=_("%(tenant)s declines your offer for request %(ref)s"),
    ),
)


def notice_kinds_register() -> None:
    """Make the kinds known; called once, from `ready`."""
    for kind in KINDS:
        register(kind)


def operators_tell(request: CapacityRequest, *, but: int | None) -> None:
    """Everybody who may decide, except the one who asked."""
    users = set(operators()) - {but} - request.asker_ids
    _tell(request, "request.submitted", users, url=f"/ops/queue/{request.pk}/")


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
        _tell(request, kind, {user}, url=f"/ops/queue/{request.pk}/")


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


def _address(request: CapacityRequest) -> str:
    return f"/t/{request.tenant_id}/requests/{request.pk}/"
