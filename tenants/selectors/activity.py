"""What was done in a tenant, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import QuerySet

from portal.act_objects import ObjectRef, object_refs
from portal.acts import act_title, actor_title
from portal.models import AuditEntry
from portal.viewer import Viewer, authorize
from tenants.words import ACT_ICONS, change_words


@dataclass(frozen=True, slots=True)
class Act:
    """One line of an activity list; `ref` names its object, `url` is where one may see that."""

    at: datetime
    icon: str
    title: str
    ref: str
    url: str
    detail: str
    who: str


def activity_entries(*, tenant_key: str, viewer: Viewer) -> QuerySet[AuditEntry]:
    """Audit entries of one tenant. Raises NotFound or Denied."""
    authorize(viewer=viewer, verb="audit.view", tenant_key=tenant_key)
    rows = AuditEntry.objects.visible_to(viewer).filter(tenant_key=tenant_key)
    return cast("QuerySet[AuditEntry]", rows.order_by("-id"))


def acts_of(entries: Iterable[AuditEntry], *, viewer: Viewer, now: datetime) -> list[Act]:
    """Entries in words."""
    found = list(entries)
    refs = object_refs(found, viewer=viewer, now=now)
    return [_act(entry, refs.get(entry.pk, ObjectRef())) for entry in found]


def _act(entry: AuditEntry, ref: ObjectRef) -> Act:
    return Act(
        at=entry.at,
        icon=ACT_ICONS.get(entry.verb.partition(".")[0], "point"),
        title=act_title(entry.verb),
        ref=ref.name,
        url=ref.url,
        detail=change_words(entry.before or {}, entry.after or {}),
        who=actor_title(entry.actor_label, entry.actor_kind, entry.verb),
    )
