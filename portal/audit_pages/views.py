"""The page of the audit log: newest first, by cursor only, nothing to change."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from portal.audit_pages.filters import AuditFilter
from portal.audit_pages.links import heads_list
from portal.audit_pages.shown import entry_rows
from portal.models import AuditEntry
from portal.pages import verb_required, viewer_of
from portal.ui.tables import Empty

ROWS = 50


@require_GET
@verb_required("audit.view")
def audit_page(request: HttpRequest) -> HttpResponseBase:
    """What was done on the whole platform."""
    viewer = viewer_of(request)
    rows = AuditEntry.objects.visible_to(viewer).order_by("-id")
    found = AuditFilter(request.GET, queryset=rows, request=request)
    before = request.GET.get("before", "")
    entries = found.qs
    if before.isdecimal() and len(before) < 19:
        entries = entries.filter(id__lt=int(before))
    part = list(entries[: ROWS + 1])
    shown = entry_rows(part[:ROWS], viewer=viewer, now=timezone.now())
    heads = heads_list(everything=viewer.sees_all, tenant_keys=viewer.tenant_keys)
    context = {
        "filter": found,
        "rows": shown,
        "older": shown[-1].entry.pk if len(part) > ROWS else None,
        "begun": bool(before),
        "broken": [row for row in shown if row.link.state == "broken"],
        "pending": sum(row.link.state == "pending" for row in shown),
        "chains": len(heads),
        "entries": sum(head.entries for head in heads),
        "platform": next((head for head in heads if head.chain == ""), None),
        "empty": Empty(
            title=_("Nothing was done yet"),
            text=_("Every change of anything leaves an entry here."),
            icon="history",
        ),
    }
    return render(request, "portal/audit.html", context)
