"""The operators' queue: what waits on the left, one request and its decision on the right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.errors import BerthError, Conflict, Invalid, NotFound, PreconditionFailed, Refused
from portal.pages import generation_sent, verb_required, viewer_of
from portal.ui.tables import PER_PAGE
from portal.viewer import Viewer
from tenants.choices_requests import RequestVerdict
from tenants.forms_decision import LessForm, ReasonForm
from tenants.models import CapacityRequest
from tenants.preview_shown import preview_shown
from tenants.queue_shown import leading_of, less_initial, list_row, tabs
from tenants.queue_views import view_query
from tenants.request_shown import (
    decided_words,
    facts,
    headline,
    offer_rows,
    request_status,
    what_words,
)
from tenants.request_states import verb_allowed
from tenants.selectors.queue import (
    PAGE_ROWS,
    Queue,
    QueueRow,
    pools_free,
    queue_beside,
    queue_build,
)
from tenants.selectors.requests import request_get, request_terms, request_verbs
from tenants.services.requests import (
    request_approve,
    request_claim,
    request_counter,
    request_reject,
)
from tenants.services.requests.record import wrong_state

DECIDE = "request.decide"
PANEL_ROWS = 6


@require_GET
@verb_required("request.view")
def queue_page(request: HttpRequest, request_id: int | None = None) -> HttpResponseBase:
    """All that waits; the one in the address, else the first, with its decision."""
    viewer = _operator_side(request)
    queue = _queue(request, viewer, chosen=request_id)
    return _render(request, queue, request_id, viewer)


@require_GET
@verb_required("request.view")
def queue_panel(request: HttpRequest) -> HttpResponseBase:
    """What waits first, for the operators' home."""
    now = timezone.now()
    queue = queue_build(viewer=_operator_side(request), now=now, per_page=PANEL_ROWS)
    context = {"rows": [list_row(row, now) for row in queue.rows], "total": len(queue.entries)}
    return render(request, "requests/_queue_panel.html", context)


@require_POST
@verb_required(DECIDE)
def queue_act(request: HttpRequest, request_id: int, verb: str) -> HttpResponseBase:
    """Approve, offer less, reject or claim; the answer is the next request, or this one again."""
    viewer = viewer_of(request)
    found = request_get(request_id=request_id, viewer=viewer)
    acts: dict[str, Callable[..., str]] = {
        "approve": _approve,
        "counter": _counter,
        "reject": _reject,
        "claim": _claim,
    }
    arguments: dict[str, Any] = {
        "request_id": request_id,
        "viewer": viewer,
        "now": timezone.now(),
        "generation": generation_sent(request),
    }
    # Where it stood is known before it is decided.
    view = request.GET.get("view", "")
    beside: int | None = request_id
    if verb != "claim":
        beside = queue_beside(viewer=viewer, now=arguments["now"], view=view, request_id=request_id)
    try:
        words = acts[verb](request, found, arguments)
    except (Invalid, Refused, Conflict, PreconditionFailed) as error:
        return _again(request, found, viewer, verb, error)
    messages.success(request, words)
    return redirect(_address(beside, view))


def _address(request_id: int | None, view: str) -> str:
    """A request of the queue, or all of it, in the view that one came from."""
    one = reverse("queue_one", args=[request_id]) if request_id else reverse("request_queue")
    return one + view_query(view)


def _approve(request: HttpRequest, found: CapacityRequest, arguments: dict[str, Any]) -> str:
    request_approve(**arguments, reason=request.POST.get("reason", ""))
    return _("%(ref)s of %(tenant)s is approved.") % _names(found)


def _reject(request: HttpRequest, found: CapacityRequest, arguments: dict[str, Any]) -> str:
    request_reject(**arguments, reason=request.POST.get("reason", ""))
    return _("%(ref)s of %(tenant)s is rejected.") % _names(found)


def _claim(_request: HttpRequest, found: CapacityRequest, arguments: dict[str, Any]) -> str:
    request_claim(**arguments)
    return _("You review %(ref)s of %(tenant)s.") % _names(found)


def _counter(request: HttpRequest, found: CapacityRequest, arguments: dict[str, Any]) -> str:
    if not verb_allowed("counter", found.state):
        raise wrong_state(found)  # the form needs a complete ask, and a draft may lack it
    form = LessForm(request.POST, found=found, terms=request_terms(found), prefix="less")
    if not form.is_valid():
        raise Invalid(
            fields={name: [str(text) for text in form.errors[name]] for name in form.errors}
        )
    request_counter(
        **arguments,
        ask=form.offer(),
        until_at=form.offered_until(),
        reason=form.cleaned_data["reason"],
    )
    return _("%(tenant)s gets the offer for %(ref)s.") % _names(found)


def _names(found: CapacityRequest) -> dict[str, str]:
    return {"ref": found.ref, "tenant": found.tenant_id}


def _again(
    request: HttpRequest, found: CapacityRequest, viewer: Viewer, verb: str, error: BerthError
) -> HttpResponseBase:
    """The queue with what went wrong on top; a request decided by somebody else is told of."""
    queue = _queue(request, viewer, chosen=found.pk)
    more: dict[str, Any] = {"failed": error.sentences, "refusal": error.refusal}
    if verb == "counter" and queue.row(found.pk) is not None:
        more["less"] = form = _less_again(request, found, error)
        if form.errors:
            more["failed"] = ""
    more["live_url"] = _address(found.pk, request.GET.get("view", ""))  # this address takes no GET
    return _render(request, queue, found.pk, viewer, status=error.status, **more)


def _less_again(request: HttpRequest, found: CapacityRequest, error: BerthError) -> LessForm:
    """The offer as it was typed, with each sentence of the service beside its field."""
    form = LessForm(request.POST, found=found, terms=request_terms(found), prefix="less")
    if isinstance(error, Invalid) and form.is_valid():
        for name, sentences in error.fields.items():
            form.add_error(name if name in form.fields else None, [str(text) for text in sentences])
    return form


def _render(
    request: HttpRequest,
    queue: Queue,
    request_id: int | None,
    viewer: Viewer,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponseBase:
    view, now = request.GET.get("view", ""), timezone.now()
    first = queue.rows[0] if queue.rows else None
    row = queue.row(request_id) if request_id is not None else first
    listed = queue.listed
    place = listed.index(row.request.pk) if row and row.request.pk in listed else -1
    leading = leading_of(queue.rows)
    context = {
        "rows": [list_row(r, now, view) for r in queue.rows],
        "kept": view_query(view),
        "tabs": tabs(queue.entries, view=view, viewer=viewer, now=now),
        "page": queue.page,
        "total": len(listed),
        "waiting": len(queue.entries),
        "decided": [
            {"request": r, "status": request_status(r), "who": decided_words(r)}
            for r in queue.decided
        ],
        "free": pools_free(queue, leading),
        "chosen": row.request.pk if row else None,
        "picked": request_id is not None or "failed" in more,
        "position": place + 1,
        "previous": listed[place - 1] if place > 0 else None,
        "next": listed[place + 1] if 0 <= place < len(listed) - 1 else None,
        **(_detail(queue, row, viewer) if row else {}),
        **(_gone(request_id, viewer) if request_id is not None and row is None else {}),
        **more,
    }
    return render(request, "requests/queue.html", context, status=status)


def _queue(request: HttpRequest, viewer: Viewer, *, chosen: int | None) -> Queue:
    """The page of the address, or the one that lists the request that is chosen."""
    per_page = request.GET.get("per_page", "")
    return queue_build(
        viewer=viewer,
        now=timezone.now(),
        view=request.GET.get("view", ""),
        page=request.GET.get("page", ""),
        per_page=int(per_page) if per_page in map(str, PER_PAGE) else PAGE_ROWS,
        chosen=chosen,
    )


def _detail(queue: Queue, row: QueueRow, viewer: Viewer) -> dict[str, Any]:
    found, terms = row.request, row.terms
    verbs = request_verbs(found, viewer=viewer)
    initial = less_initial(row)
    shown: dict[str, Any] = {}
    if row.preview is not None:
        shown = preview_shown(
            row.preview,
            terms=terms,
            pool=str(terms.ask["pool"]),
            viewer=viewer,
            tenant=found.tenant_id,
        )
    return {
        "found": found,
        "what": what_words(found),
        "size": headline(found.kind, terms),
        "facts": facts(found),
        "verbs": verbs,
        "own": viewer.user_id in found.asker_ids and viewer.can(DECIDE),
        "shown": shown,
        "fits": row.verdict not in (RequestVerdict.MUST_WAIT, RequestVerdict.CANNOT_FIT),
        "waits": row.verdict == RequestVerdict.MUST_WAIT,
        **_offered(found),
        "now_url": reverse("request_now", args=[found.tenant_id, found.pk]),
        "conflicts": queue.conflicts(row),
        "less": LessForm(found=found, terms=terms, initial=initial, prefix="less"),
        "reason_form": ReasonForm(),
        "approve_words": _amount(found, row),
    }


def _offered(found: CapacityRequest) -> dict[str, Any]:
    """The offer that the tenant has not answered yet, and since when it stands."""
    if not found.counter:
        return {}
    return {"offer": offer_rows(found), "offered_at": getattr(found, "offered_at", None)}


def _amount(found: CapacityRequest, row: QueueRow) -> str:
    size = headline(found.kind, row.terms)
    return f"{size.number} {size.unit}".strip()


def _gone(request_id: int, viewer: Viewer) -> dict[str, Any]:
    """What became of a request that no longer waits: somebody may be looking at it right now."""
    found = request_get(request_id=request_id, viewer=viewer)
    return {"gone": found, "gone_status": request_status(found), "gone_who": decided_words(found)}


def _operator_side(request: HttpRequest) -> Viewer:
    viewer = viewer_of(request)
    if not viewer.sees_all:
        raise NotFound
    return viewer
