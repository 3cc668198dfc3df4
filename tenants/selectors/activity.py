"""What was done in a tenant, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import QuerySet

from portal.acts import act_title
from portal.models import AuditEntry
from portal.viewer import Viewer, authorize
from tenants.words import ACT_ICONS, change_words


@dataclass(frozen=True, slots=True)
class Act:
    """One line of an activity list."""

    at: datetime
    icon: str
    text: str
    who: str
    url: str = ""


def activity_entries(*, tenant_key: str, viewer: Viewer) -> QuerySet[AuditEntry]:
    """Audit entries of one tenant. Raises NotFound or Denied."""
    authorize(viewer=viewer, verb="audit.view", tenant_key=tenant_key)
    rows = AuditEntry.objects.visible_to(viewer).filter(tenant_key=tenant_key)
    return cast("QuerySet[AuditEntry]", rows.order_by("-id"))


def act_of(entry: AuditEntry) -> Act:
    """An entry in words."""
    return Act(
        at=entry.at,
        icon=ACT_ICONS.get(entry.verb.partition(".")[0], "point"),
        text=_text(entry),
        who=entry.actor_label,
    )


def _text(entry: AuditEntry) -> str:
    title = act_title(entry.verb)
    detail = change_words(entry.before or {}, entry.after or {})
    return f"{title}: {detail}" if detail else title
