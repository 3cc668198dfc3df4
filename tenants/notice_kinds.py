"""What people are told when their place in a tenant changes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.notices.kinds import NoticeKind, register

ADDED = NoticeKind(
    code="member.added",
    label=_("You were added to a tenant"),
    title=_("You belong to %(tenant)s now"),
    text=_("%(who)s added you. Open it to see what you may do there."),
    email=True,
)
CHANGED = NoticeKind(
    code="member.changed",
    label=_("Your role in a tenant changed"),
    title=_("Your role in %(tenant)s changed"),
    text=_("%(who)s changed it. Open the tenant to see what you may do there."),
)
REMOVED = NoticeKind(
    code="member.removed",
    label=_("You were removed from a tenant"),
    title=_("You no longer belong to %(tenant)s"),
    text=_("%(who)s removed you."),
    email=True,
)


def member_kinds_register() -> None:
    """Make the kinds known; called once, from `ready`."""
    for kind in (ADDED, CHANGED, REMOVED):
        register(kind)
