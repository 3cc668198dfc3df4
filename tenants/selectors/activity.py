"""What was done in a tenant, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import QuerySet
from django.urls import reverse

from portal.acts import act_title, actor_title
from portal.jobs.retention import is_forgotten
from portal.models import AuditEntry
from portal.viewer import Viewer, authorize
from tenants.choices_requests import BERTH
from tenants.words import ACT_ICONS, change_words

# By kind of object: what stands before its number, its page, and the right to open that.
PAGES = {
    "request": ("#", "request_page", "request.view"),
    "allocation": ("A-", "allocation_page", "allocation.view"),
    "job": ("J-", "job_page", "job.view"),
}


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


def act_of(entry: AuditEntry, *, viewer: Viewer, now: datetime) -> Act:
    """An entry in words; a job so old that it may be forgotten is named and not linked."""
    ref, url = _object(entry, viewer)
    if entry.target_type == "job" and is_forgotten(entry.at, now):
        url = ""
    return Act(
        at=entry.at,
        icon=ACT_ICONS.get(entry.verb.partition(".")[0], "point"),
        title=act_title(entry.verb),
        ref=ref,
        url=url,
        detail=change_words(entry.before or {}, entry.after or {}),
        who=BERTH
        if entry.verb == "request.rule"
        else actor_title(entry.actor_label, entry.actor_kind),
    )


def _object(entry: AuditEntry, viewer: Viewer) -> tuple[str, str]:
    """Name and address of what was acted on; empty where the entry says enough without."""
    if entry.target_type not in PAGES or not entry.target_id.isdecimal():
        return "", ""
    sign, page, verb = PAGES[entry.target_type]
    number = int(entry.target_id)
    of_tenant = [] if entry.target_type == "job" else [entry.tenant_key]
    may = viewer.can(verb, entry.tenant_key)
    return f"{sign}{number}", reverse(page, args=[*of_tenant, number]) if may else ""
