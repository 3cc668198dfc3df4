"""A tenant's requests: the list, one with its history, and what the tenant does to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from portal.answers import error_shown
from portal.errors import BerthError, Conflict, Invalid, NotFound, PreconditionFailed, Refused
from portal.jobs.selectors import job_latest
from portal.jobs.shown import job_context
from portal.pages import generation_sent, verb_required, viewer_of
from portal.ui.tables import Empty, table_build
from portal.viewer import Viewer
from scheduling.below import below_shown
from tenants.choices_requests import OPEN_STATES, RequestKind, RequestState
from tenants.filters_requests import RequestPageFilter
from tenants.forms_allocation import form_can_hold
from tenants.models import CapacityRequest
from tenants.preview_shown import preview_shown
from tenants.request_shown import (
    body_again,
    decided_words,
    facts,
    headline,
    offer_rows,
    request_status,
    timeline,
    what_words,
)
from tenants.selectors.previews import request_preview
from tenants.selectors.requests import (
    open_first,
    request_get,
    request_list,
    request_terms_granted,
    request_verbs,
)
from tenants.services.requests import (
    request_counter_accept,
    request_counter_decline,
    request_withdraw,
)
from tenants.tables_requests import RequestTable, verdict_chip

PANEL_ROWS = 6
NOT_CLONED = (RequestState.DRAFT,)


@require_GET
@verb_required("request.view")
def request_list_page(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """A tenant's requests, newest first."""
    viewer = viewer_of(request)
    rows = request_list(viewer=viewer, now=timezone.now()).filter(tenant_id=tenant_key)
    found = RequestPageFilter(request.GET, queryset=rows, request=request)
    may_ask = viewer.can("request.create", tenant_key)
    empty = Empty(
        title=_("Nothing was asked for yet"),
        text=_("Say what you need; you see at once whether and where it fits."),
        action=_("Ask for capacity") if may_ask else "",
        url=reverse("request_new", args=[tenant_key]) if may_ask else "",
        icon="file-text",
    )
    table = table_build(RequestTable, found.qs, request=request, empty=empty)
    below = below_shown(
        table,
        CapacityRequest.objects.visible_to(viewer),
        request=request,
        tenant_key=tenant_key,
        field="tenant_id",
        title=_("The tenant itself has asked for nothing"),
        url_name="request_list",
        words=lambda n: ngettext("%(n)s request", "%(n)s requests", n) % {"n": n},
    )
    context = {"table": table, "filter": found, "tenant_key": tenant_key, "may_ask": may_ask}
    context["below"] = below
    return render(request, "requests/list.html", context)


@require_GET
@verb_required("request.view")
def request_panel(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """Open requests, those with an offer to answer first, then the latest, for other pages."""
    viewer = viewer_of(request)
    rows = request_list(viewer=viewer, now=timezone.now()).filter(tenant_id=tenant_key)
    shown = [
        {
            "request": row,
            "what": what_words(row),
            "size": headline(row.kind, request_terms_granted(row)),
            "status": request_status(row),
        }
        for row in open_first(rows)[:PANEL_ROWS]
    ]
    context = rows.aggregate(
        total=Count("pk"), open_count=Count("pk", filter=Q(state__in=OPEN_STATES))
    ) | {
        "rows": shown,
        "tenant_key": tenant_key,
        "may_ask": viewer.can("request.create", tenant_key),
    }
    return render(request, "requests/_panel.html", context)


@require_GET
@verb_required("request.view")
def request_page(request: HttpRequest, tenant_key: str, request_id: int) -> HttpResponseBase:
    """One request: what was asked, what was answered, and how far it has come."""
    viewer = viewer_of(request)
    found = found_of(tenant_key, request_id, viewer)
    return render(request, "requests/page.html", page_context(found, viewer))


@require_GET
@verb_required("request.view")
def request_now_part(request: HttpRequest, tenant_key: str, request_id: int) -> HttpResponseBase:
    """What an open request meets at this moment."""
    viewer = viewer_of(request)
    found = request_get(request_id=request_id, viewer=viewer)
    if found.tenant_id != tenant_key:
        raise NotFound
    terms = request_terms_granted(found)
    try:
        seen = request_preview(
            tenant_key=tenant_key, kind=found.kind, terms=terms, viewer=viewer, now=timezone.now()
        )
    except Invalid as error:
        return render(request, "requests/_preview_gone.html", {"sentences": [error.sentences]})
    pool = str(terms.ask.get("pool", ""))
    shown = preview_shown(seen, terms=terms, pool=pool, viewer=viewer)
    return render(request, "requests/_preview.html", {"shown": shown})


@require_POST
@verb_required("request.create")
def request_act(
    request: HttpRequest, tenant_key: str, request_id: int, verb: str
) -> HttpResponseBase:
    """Accept or decline an offer, or withdraw."""
    viewer = viewer_of(request)
    found = found_of(tenant_key, request_id, viewer)
    arguments: dict[str, Any] = {
        "request_id": found.pk,
        "viewer": viewer,
        "now": timezone.now(),
        "generation": generation_sent(request),
    }
    acts: dict[str, tuple[Callable[..., Any], Any]] = {
        "accept": (request_counter_accept, _("The offer is accepted.")),
        "decline": (request_counter_decline, _("The offer is declined; operators decide again.")),
        "withdraw": (request_withdraw, _("The request is withdrawn.")),
    }
    service, words = acts[verb]
    if verb != "accept":
        arguments["reason"] = request.POST.get("reason", "")
    try:
        service(**arguments)
    except (Refused, Conflict, PreconditionFailed, Invalid) as error:
        return _failed(request, found, viewer, error)
    messages.success(request, words)
    return redirect("request_page", tenant_key, found.pk)


def found_of(tenant_key: str, request_id: int, viewer: Viewer) -> CapacityRequest:
    """A request of this tenant with its stage and history at hand; raises NotFound."""
    rows = request_list(viewer=viewer, now=timezone.now()).select_related("allocation")
    found = rows.filter(tenant_id=tenant_key, pk=request_id).prefetch_related("events").first()
    if found is None:
        raise NotFound
    return cast(CapacityRequest, found)


def page_context(found: CapacityRequest, viewer: Viewer) -> dict[str, Any]:
    """Everything that templates/requests/page.html shows."""
    shown = found.preview_at_submit or {}
    return {
        "found": found,
        "tenant_key": found.tenant_id,
        "what": what_words(found),
        "status": request_status(found),
        "size": headline(found.kind, request_terms_granted(found)),
        "facts": facts(found),
        "crumbs": [
            (found.tenant_id, reverse("tenant_home", args=[found.tenant_id])),
            (_("Requests"), reverse("request_list", args=[found.tenant_id])),
        ],
        "verbs": request_verbs(found, viewer=viewer),
        "may_ask": viewer.can("request.create", found.tenant_id),
        "may_decide": viewer.can("request.decide"),
        "in_form": form_can_hold(found),
        "body": body_again(found, now=timezone.now()),
        "is_draft": found.state == RequestState.DRAFT,
        "is_open": found.state in OPEN_STATES,
        "is_countered": found.state == RequestState.COUNTERED,
        "is_renewal": found.kind == RequestKind.RENEW,
        "offer": offer_rows(found) if found.counter else [],
        "decided_words": decided_words(found),
        "shown_chip": verdict_chip(str(shown.get("verdict", ""))),
        "timeline": timeline(list(found.events.all())),
        **_job(found, viewer),
    }


def _job(found: CapacityRequest, viewer: Viewer) -> dict[str, Any]:
    topics = f"request:{found.pk}"
    if found.allocation is None or found.state != RequestState.APPROVED:
        return {"topics": topics}
    topics += f" allocation:{found.allocation_id}"
    job = None
    if viewer.can("job.view", found.tenant_id):
        job = job_latest(key=found.allocation.job_key, viewer=viewer)
    if job is None:
        return {"topics": topics}
    context = job_context(job=job, viewer=viewer, now=timezone.now(), attempts=False)
    return context | {"topics": f"{topics} job:{job.pk}"}


def _failed(
    request: HttpRequest, found: CapacityRequest, viewer: Viewer, error: BerthError
) -> HttpResponseBase:
    """The page again, with what was refused on top."""
    fresh = found_of(found.tenant_id, found.pk, viewer)
    words, refusal = error_shown(request, error)
    context = page_context(fresh, viewer) | {"refused": words, "refusal": refusal}
    context["live_url"] = reverse("request_page", args=[found.tenant_id, found.pk])
    return render(request, "requests/page.html", context, status=error.status)
