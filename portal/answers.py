"""An error as an answer: problem details for programs, a page or a fragment for people."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy
from psycopg.pq import TransactionStatus

from portal.errors import BerthError, Invalid
from portal.refusal import Refusal, refusal_shown
from portal.viewer import Viewer

PROBLEM_TYPE = "application/problem+json"
TITLES = {
    400: gettext_lazy("The request is not valid"),
    401: gettext_lazy("Sign in first"),
    403: gettext_lazy("You may not do this"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("This is not offered here"),
    406: gettext_lazy("Only JSON is spoken here"),
    409: gettext_lazy("The object is not in a state that allows this"),
    412: gettext_lazy("Somebody else changed this"),
    413: gettext_lazy("The body is too large"),
    415: gettext_lazy("Only JSON is understood here"),
    422: gettext_lazy("A rule refused this"),
    428: gettext_lazy("Say which version you mean"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Something went wrong in Berth"),
    503: gettext_lazy("Something that Berth needs is away"),
}

log = structlog.get_logger()


def problem(
    *,
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    errors: dict[str, Any] | None = None,
    refusal: dict[str, Any] | None = None,
    extra: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A problem-details object (RFC 9457) with Berth's members.

    `errors` maps a field to sentences, `refusal` has the fields of portal.refusal.Refusal.
    """
    body: dict[str, Any] = {
        "type": f"urn:berth:problem:{code}",
        "title": str(TITLES.get(status, TITLES[500])),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": getattr(request, "request_id", ""),
    }
    if errors:
        body["errors"] = errors
    if refusal:
        body["refusal"] = refusal
    return body | (extra or {})


def problem_of(request: HttpRequest, error: BerthError, *, status: int) -> dict[str, Any]:
    """The problem-details object of one of our errors."""
    fields = error.fields if isinstance(error, Invalid) else {}
    words, refusal = error_shown(request, error)
    return problem(
        request=request,
        status=status,
        code=error.code,
        detail=words,
        errors={name: [str(text) for text in texts] for name, texts in fields.items()},
        refusal=refusal.as_dict() if refusal else None,
    )


def error_shown(request: HttpRequest, error: BerthError) -> tuple[str, Refusal | None]:
    """Sentence and refusal of an error, without what the asker may not read."""
    if error.refusal is None:
        return str(error), None
    viewer: Viewer = getattr(request, "viewer", None) or Viewer.anonymous()
    shown = refusal_shown(error.refusal, viewer=viewer)
    return str(error) if shown == error.refusal else shown.title, shown


def error_answer(
    request: HttpRequest, error: BerthError, *, status: int | None = None
) -> HttpResponse:
    """Answer with an error in the form that the asker understands."""
    status = status or error.status
    if wants_problem(request):
        response: HttpResponse = JsonResponse(
            problem_of(request, error, status=status), status=status, content_type=PROBLEM_TYPE
        )
    else:
        words, refusal = error_shown(request, error)
        if error.refusal is None:  # there is no field beside which a page could say it
            words = error.sentences
        response = error_page(request, status=status, detail=words, refusal=refusal)
    if not error.permanent:
        response["Retry-After"] = "5"
    return response


def wants_problem(request: HttpRequest) -> bool:
    """Tell whether the asker is a program."""
    return request.path.startswith("/api/v1/")


def error_page(
    request: HttpRequest, *, status: int, detail: str = "", refusal: Any = None
) -> HttpResponse:
    """An HTML page for an error, or a fragment when htmx asked.

    The page has the shell around it, unless the transaction is broken or the error is Berth's
    own: then it must not ask the database anything.
    """
    context = {
        "status": status,
        "title": TITLES.get(status, TITLES[500]),
        "detail": detail,
        "refusal": refusal,
        "request_id": getattr(request, "request_id", ""),
    }
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(render_to_string("errors/_fragment.html", context), status=status)
    if status >= 500 or not _shell_possible(request):
        return HttpResponse(render_to_string("errors/bare.html", context), status=status)
    return HttpResponse(render_to_string("errors/page.html", context, request), status=status)


def _shell_possible(request: HttpRequest) -> bool:
    if not getattr(getattr(request, "viewer", None), "label", ""):
        return False
    raw = connection.connection
    broken = raw is not None and raw.info.transaction_status in {
        TransactionStatus.INERROR,
        TransactionStatus.UNKNOWN,
    }
    return not broken and not connection.needs_rollback
