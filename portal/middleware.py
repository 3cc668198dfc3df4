"""Around every request: its id, the size of its body, and the transaction it lives in."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from portal.answers import error_answer
from portal.errors import BerthError
from portal.scope import scope
from portal.viewer import Viewer

GetResponse = Callable[[HttpRequest], HttpResponseBase]
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
OUTSIDE = ("/static/", "/live", "/ready", "/deep")
TOO_LARGE_FLAG = "berth.body_too_large"

log = structlog.get_logger()


class RequestIdMiddleware:
    """Give each request an id, bind it to the log and to audit entries, and report the request.

    A sender's X-Request-Id is taken over when it has a harmless form, so that a proxy's records
    and ours can be joined.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.headers.get("X-Request-Id", "")
        request_id = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        request.viewer = Viewer.anonymous()  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.monotonic()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = request_id
            _report(request, response, time.monotonic() - began)
            return response
        finally:
            structlog.contextvars.clear_contextvars()


def _report(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    if request.path.startswith(OUTSIDE):
        return
    match = request.resolver_match
    log.info(
        "http.request",
        method=request.method,
        route=match.route if match else "",
        path=request.path,
        status=response.status_code,
        duration_ms=round(seconds * 1000),
    )


class BodyLimitMiddleware:
    """Answer 413 for bodies beyond settings.BODY_LIMIT_BYTES.

    Content-Length is looked at here; bodies without one are counted by
    `portal.limits.BodyReader` while they arrive, which sets a flag in the ASGI scope.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _body_too_large(request):
            return self.get_response(request)
        error = BerthError(
            _("The body is larger than %(limit)s KiB, the most that Berth reads.")
            % {"limit": settings.BODY_LIMIT_BYTES // 1024},
            code="body-too-large",
        )
        response = error_answer(request, error, status=413)
        response["Connection"] = "close"
        return response


def _body_too_large(request: HttpRequest) -> bool:
    if getattr(request, "scope", {}).get(TOO_LARGE_FLAG):
        return True
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdecimal() or int(length) > settings.BODY_LIMIT_BYTES


class _RolledBack(Exception):
    """Carries an answer out of the transaction that its request must not keep."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__()
        self.response = response


class ScopeMiddleware:
    """Open `scope(request.viewer)` around the view: one transaction for one request.

    It is rolled back when the view raised (whatever answer that became) or answers 5xx. The
    content of a streaming response is made after the scope has closed: it opens its own.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(OUTSIDE):
            return self.get_response(request)
        viewer: Viewer = request.viewer  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(viewer=viewer.label)
        try:
            return self._answer(request, viewer)
        except _RolledBack as done:
            return done.response

    def _answer(self, request: HttpRequest, viewer: Viewer) -> HttpResponseBase:
        with scope(viewer):
            response = self.get_response(request)
            if response.status_code >= 500 or getattr(request, "berth_rollback", False):
                raise _RolledBack(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Remember to roll back, and put our own errors into words."""
        request.berth_rollback = True  # type: ignore[attr-defined]
        if isinstance(exception, BerthError):
            return error_answer(request, exception)
        return None
