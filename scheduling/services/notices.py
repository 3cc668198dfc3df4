"""What a tenant's people are told about their allocations without having asked."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from portal.notices import notify
from portal.notices.kinds import NoticeKind
from portal.viewers import audience_of
from scheduling.models import Allocation

EXPIRING = NoticeKind(
    code="allocation.expiring",
    label=_("An allocation of yours comes to its end"),
    title=_("%(name)s of %(tenant)s ends at %(until)s"),
    text=_("Renew it, or it is released then."),
    email=True,
)
ENDED = NoticeKind(
    code="allocation.ended",
    label=_("An allocation of yours has come to its end"),
    title=_("%(name)s of %(tenant)s has ended"),
    text=_("It was given until %(until)s and is released now. Ask again if you need more time."),
    email=True,
)
DRAINING = NoticeKind(
    code="allocation.draining",
    label=_("Pods of yours use capacity that is being released"),
    title=_("%(name)s of %(tenant)s is being released; end your pods by %(until)s"),
    text=_(
        "Your pods use more than remains. After that time they are evicted if you consented to"
        " that when you asked; otherwise it stays charged until you end them."
    ),
    email=True,
)
FAILED = NoticeKind(
    code="allocation.failed",
    label=_("An allocation of yours has failed"),
    title=_("%(name)s of %(tenant)s has failed"),
    text=_("Its page says why. What it held is given back; ask again in a new request."),
    email=True,
)
KINDS = (EXPIRING, ENDED, DRAINING, FAILED)


def tenant_tell(*, allocation: Allocation, kind: NoticeKind, until: datetime | None = None) -> None:
    """Tell everybody concerned, in the transaction of the change."""
    notify(
        kind=kind.code,
        users=audience_of(allocation.tenant_key),
        tenant_key=allocation.tenant_key,
        params={
            "name": allocation.name,
            "tenant": allocation.tenant_key,
            **({"until": f"{until:%Y-%m-%d %H:%M} UTC"} if until else {}),
        },
        url=f"/t/{allocation.tenant_key}/allocations/{allocation.pk}/",
    )
