"""Pages of the chassis: the way in, health, error pages, reports of browsers."""

from __future__ import annotations

import json
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from portal import health
from portal.answers import error_answer
from portal.errors import BerthError, Denied, Invalid, NotFound
from portal.pages import person_required, viewer_of
from portal.viewers import viewer_resolve

CSP_FIELDS = (
    "effectiveDirective",
    "effective-directive",
    "violated-directive",
    "blockedURL",
    "blocked-uri",
    "documentURL",
    "document-uri",
    "sourceFile",
    "source-file",
    "lineNumber",
    "line-number",
)
CSP_REPORT_BYTES = 16 * 1024

log = structlog.get_logger()


@require_GET
@never_cache
@person_required
def home(request: HttpRequest) -> HttpResponseBase:
    """Where a person belongs: operators to the installation, members to their tenant."""
    viewer = viewer_of(request)
    if viewer.sees_all:
        return HttpResponseRedirect("/ops/")
    last = request.session.get("tenant_key", "")
    own = sorted(key for key, verbs in viewer.tenant_verbs.items() if verbs)
    if last in own or own:
        return HttpResponseRedirect(f"/t/{last if last in own else own[0]}/")
    return render(request, "portal/no_tenant.html")


@require_GET
@cache_control(public=True, max_age=3600)
def favicon(request: HttpRequest) -> HttpResponse:
    """To the picture that pages name: some browsers ask here without having read a page."""
    return HttpResponseRedirect(static("images/favicon.svg"))


@require_GET
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_GET
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """The process can serve requests."""
    fine, words = health.ready()
    return JsonResponse({"status": "ok" if fine else "down", **words}, status=200 if fine else 503)


@require_GET
@never_cache
def deep(request: HttpRequest) -> HttpResponse:
    """Everything that should move does; facts only for those who see all."""
    fine, words = health.ready()
    if not fine:
        return JsonResponse({"status": "down", "checks": words}, status=503)
    worst, answers = health.deep(now=timezone.now())
    # Probes have no viewer: a question whether Berth is well must not need the database.
    person = request.user.pk if request.user.is_authenticated else None
    detailed = person is not None and viewer_resolve(person).sees_all
    checks: dict[str, Any] = {
        name: {"status": answer.word} | (answer.facts if detailed else {})
        for name, answer in answers.items()
    }
    status = 503 if worst == "down" else 200
    return JsonResponse({"status": worst, "checks": checks}, status=status)


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log what a browser refused to run; a few known fields of it, never the whole."""
    if int(request.headers.get("Content-Length") or 0) <= CSP_REPORT_BYTES:
        for report in _csp_reports(request.body):
            log.warning("csp.violation", **report)
    return HttpResponse(status=204)


def _csp_reports(body: bytes) -> list[dict[str, str]]:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return []
    items = data[:10] if isinstance(data, list) else [data]
    found = []
    for item in items:
        inner = item.get("csp-report", item.get("body")) if isinstance(item, dict) else None
        if isinstance(inner, dict):
            fields = {n.replace("-", "_"): str(inner[n])[:300] for n in CSP_FIELDS if n in inner}
            found.append(fields)
    return found


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 outside of the API's own views."""
    error = Invalid(_("The request can't be read."), code="malformed-request")
    return error_answer(request, error)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, also from the CSRF check."""
    text = str(exception) if isinstance(exception, PermissionDenied) else ""
    return error_answer(request, Denied(text or _("You may not do this.")))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: mostly a page that was open for too long."""
    words = _("This page was open for too long. Reload it and send the form again.")
    return error_answer(request, Denied(words, code="csrf"))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, in the same words whether there is nothing or nothing to be seen."""
    return error_answer(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    """500: says the request id and nothing of the inside."""
    words = _("This is a fault in Berth. Nothing was changed. Tell an operator the request id.")
    return error_answer(request, BerthError(words, code="internal"), status=500)
