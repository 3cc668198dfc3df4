"""The request form: one surface for each kind, with a preview while one types and a kept draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.answers import error_shown
from portal.errors import Conflict, Invalid, NotFound, PreconditionFailed, Refused
from portal.pages import generation_sent, verb_required, viewer_of
from portal.viewer import Viewer
from tenants.asks import ask_read
from tenants.choices_requests import RequestKind, RequestState, RequestVerdict
from tenants.forms_allocation import form_can_hold
from tenants.forms_requests import RequestForm
from tenants.models import CapacityRequest
from tenants.offers import Terms
from tenants.preview_shown import preview_shown
from tenants.previews import RequestPreview
from tenants.request_forms import device_choices, form_build
from tenants.request_shown import body_of
from tenants.selectors.previews import request_preview
from tenants.selectors.requests import request_get, request_of_allocation
from tenants.services.requests import request_draft_save, request_submit

MAY = "request.create"
WORSE = list(RequestVerdict)


@require_http_methods(["GET", "POST"])
@verb_required(MAY)
def request_new_page(
    request: HttpRequest, tenant_key: str, request_id: int | None = None
) -> HttpResponseBase:
    """A new request, or with an id a draft that goes on."""
    viewer = viewer_of(request)
    draft = _draft(request, tenant_key, request_id, viewer)
    if request.method == "POST":
        return _post(request, tenant_key, draft, viewer)
    if draft is not None and draft.state != RequestState.DRAFT:
        return redirect("request_page", tenant_key, draft.pk)
    source = draft or _clone(request, tenant_key, viewer)
    if source is not None and not form_can_hold(source):
        return redirect("request_page", tenant_key, source.pk)  # which says so, with the call
    kind = source.kind if source else _kind(request.GET.get("kind", ""))
    form = form_build(
        kind=kind, tenant_key=tenant_key, viewer=viewer, query=request.GET, source=source
    )
    return _page(request, tenant_key, form, draft)


@require_POST
@verb_required(MAY)
def request_preview_part(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """What the form's panel shows for what is filled in now; writes nothing."""
    viewer, now = viewer_of(request), timezone.now()
    form = _sent(request, tenant_key, viewer)
    try:
        seen, terms = _preview(form, tenant_key, viewer, now)
    except Invalid as error:
        form.errors_add(error)
        named = [name for name in form.errors if name in form.fields]
        missing = [(form[name].label, form.errors[name]) for name in named]
        context = {"missing": missing, "others": form.non_field_errors()}
        return render(request, "requests/_preview_missing.html", context)
    pool = str(terms.ask.get("pool", ""))
    context = {
        "shown": preview_shown(seen, terms=terms, pool=pool, viewer=viewer),
        "for_form": True,
        "body": body_of(tenant_key, form.as_input(now)),
    }
    return render(request, "requests/_preview.html", context)


@require_POST
@verb_required(MAY)
def request_draft_part(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """Keep what is typed as a draft; answers with the form's foot line."""
    viewer, now = viewer_of(request), timezone.now()
    draft = _draft(request, tenant_key, None, viewer)
    form = _sent(request, tenant_key, viewer)
    if not form.is_valid():
        return render(request, "requests/_draft_state.html", {"draft": draft, "failed": True})
    try:
        with transaction.atomic():
            saved = _save(form, tenant_key, draft, generation_sent(request), viewer, now)
    except (Invalid, Conflict, PreconditionFailed) as error:
        why = error.sentences if isinstance(error, Invalid) else str(error)
        context = {"draft": draft, "failed": True, "why": why}
        return render(request, "requests/_draft_state.html", context)
    response = render(request, "requests/_draft_state.html", {"draft": saved, "saved_at": now})
    response["HX-Replace-Url"] = reverse("request_edit", args=[tenant_key, saved.pk])
    return response


@require_GET
@verb_required(MAY)
def request_devices_part(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """Options of the device field for the pool that was chosen."""
    choices = device_choices(request.GET.get("pool", "")[:60])
    return render(request, "requests/_device_options.html", {"choices": choices})


def _post(
    request: HttpRequest, tenant_key: str, draft: CapacityRequest | None, viewer: Viewer
) -> HttpResponseBase:
    now = timezone.now()
    form = _sent(request, tenant_key, viewer)
    if not form.is_valid():
        return _page(request, tenant_key, form, draft, status=422)
    submit = request.POST.get("act") != "save"
    try:
        with transaction.atomic():
            saved = _save(form, tenant_key, draft, generation_sent(request), viewer, now)
            if submit:
                _unchanged_check(form, request.POST.get("seen", ""), tenant_key, viewer, now)
                request_submit(request_id=saved.pk, viewer=viewer, now=now)
    except Invalid as error:
        form.errors_add(error)
        return _page(request, tenant_key, form, draft, status=422)
    except Refused as error:
        words, refusal = error_shown(request, error)
        form.add_error(None, words)
        return _page(request, tenant_key, form, draft, status=422, refusal=refusal)
    except (Conflict, PreconditionFailed) as error:
        form.add_error(None, str(error))
        return _page(request, tenant_key, form, draft, status=error.status)
    if not submit:
        messages.success(request, _("Draft %(ref)s is saved.") % {"ref": saved.ref})
        return redirect("request_edit", tenant_key, saved.pk)
    return redirect("request_page", tenant_key, saved.pk)


def _save(
    form: RequestForm,
    tenant_key: str,
    draft: CapacityRequest | None,
    generation: int | None,
    viewer: Viewer,
    now: datetime,
) -> CapacityRequest:
    return request_draft_save(
        tenant_key=tenant_key,
        data=form.as_input(now),
        viewer=viewer,
        now=now,
        request_id=draft.pk if draft else None,
        generation=generation if draft else None,
    )


def _preview(
    form: RequestForm, tenant_key: str, viewer: Viewer, now: datetime
) -> tuple[RequestPreview, Terms]:
    if not form.is_valid():
        raise Invalid(fields={})
    kind = form.kind_of_request
    terms = Terms(ask_read(kind=kind, data=form.ask()), form.until(now))
    seen = request_preview(tenant_key=tenant_key, kind=kind, terms=terms, viewer=viewer, now=now)
    return seen, terms


def _unchanged_check(
    form: RequestForm, seen: str, tenant_key: str, viewer: Viewer, now: datetime
) -> None:
    """Stop once where the answer has become worse than the one on the screen."""
    if seen not in RequestVerdict.values:
        return
    shown = RequestVerdict(seen)
    current = _preview(form, tenant_key, viewer, now)[0].verdict
    if WORSE.index(current) > WORSE.index(shown):
        raise Conflict(
            _("The answer has changed: %(then)s before, %(now)s now. Submit again to ask anyway.")
            % {"then": shown.label, "now": current.label},
            code="answer-changed",
        )


def _page(
    request: HttpRequest,
    tenant_key: str,
    form: RequestForm,
    draft: CapacityRequest | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    kind = form.kind_of_request
    new = reverse("request_new", args=[tenant_key])
    context = {
        "tenant_key": tenant_key,
        "form": form,
        "kind": kind,
        "draft": draft,
        "crumbs": [
            (tenant_key, reverse("tenant_home", args=[tenant_key])),
            (_("Requests"), reverse("request_list", args=[tenant_key])),
        ],
        "kinds": [
            (RequestKind(name).label, f"{new}?kind={name}", name == kind)
            for name in RequestKind.values
        ],
        "amounts": [form[name] for name in form.fields if name.startswith("g_")],
        **more,
    }
    return render(request, "requests/form.html", context, status=status)


def _sent(request: HttpRequest, tenant_key: str, viewer: Viewer) -> RequestForm:
    kind = _kind(request.POST.get("request_kind", ""))
    return form_build(kind=kind, tenant_key=tenant_key, viewer=viewer, data=request.POST)


def _kind(text: str) -> str:
    return text if text in RequestKind.values else str(RequestKind.ALLOCATION)


def _draft(
    request: HttpRequest, tenant_key: str, request_id: int | None, viewer: Viewer
) -> CapacityRequest | None:
    """The draft of the address, or of the form that was sent; NotFound for another tenant's."""
    text = request.POST.get("request_id", "")
    if request_id is None and text.isdecimal() and len(text) < 19:
        request_id = int(text)
    if request_id is None:
        return None
    found = request_get(request_id=request_id, viewer=viewer)
    if found.tenant_id != tenant_key:
        raise NotFound
    return found


def _clone(request: HttpRequest, tenant_key: str, viewer: Viewer) -> CapacityRequest | None:
    """The request to fill in from: named itself, or by the allocation that came of it."""
    ended = request.GET.get("again", "")
    if ended.isdecimal() and len(ended) < 19:
        return request_of_allocation(allocation_id=int(ended), tenant_key=tenant_key, viewer=viewer)
    text = request.GET.get("clone", "")
    if not (text.isdecimal() and len(text) < 19):
        return None
    found = request_get(request_id=int(text), viewer=viewer)
    if found.tenant_id != tenant_key:
        raise NotFound
    return found
