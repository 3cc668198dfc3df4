"""What was done in a tenant, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db.models import QuerySet

from portal.acts import act_title
from portal.models import AuditEntry
from portal.viewer import Viewer, authorize
from tenants.words import ACT_ICONS


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
    detail = _detail(entry.before or {}, entry.after or {})
    return f"{title}: {detail}" if detail else title


def _detail(before: dict[str, Any], after: dict[str, Any]) -> str:
    subject = after.get("user") or before.get("user") or after.get("name")
    if subject and before.get("role") and after.get("role"):
        return f"{subject}, {before['role']} → {after['role']}"
    if subject and (after.get("role") or before.get("role")):
        return f"{subject}, {after.get('role') or before.get('role')}"
    if subject:
        return str(subject)
    changed = [name for name in after if name in before and before[name] != after[name]]
    return ", ".join(
        f"{name} {before[name]} → {after[name]}" for name in changed if _short(after[name])
    )


def _short(value: object) -> bool:
    return isinstance(value, str | int | bool) and len(str(value)) <= 60
