"""From any exception to a problem-details answer; nothing a client sends may become a 500."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DatabaseError, DataError, IntegrityError
from django.http import Http404
from django.utils.translation import gettext as _
from psycopg import errors as pg
from rest_framework import exceptions
from rest_framework.response import Response

from portal.answers import PROBLEM_TYPE, problem, problem_of
from portal.errors import BerthError, Conflict, Denied, Invalid, NotFound, Unavailable

RETRY_SECONDS = 2
CODES = {
    401: "signed-out",
    403: "denied",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    415: "unsupported-media-type",
    429: "too-many-requests",
}

log = structlog.get_logger()


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: None lets an unknown error through to Django, which answers 500."""
    request = context["request"]._request
    request.berth_rollback = True
    if isinstance(error, exceptions.APIException) and not isinstance(
        error, exceptions.ValidationError | exceptions.ParseError
    ):
        return _framework_answer(request, error)
    known = berth_error(error)
    if known is None:
        return None
    response = _answer(problem_of(request, known, status=known.status))
    if not known.permanent:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def berth_error(error: Exception) -> BerthError | None:
    """Our own error that says the same; None for a bug."""
    if isinstance(error, BerthError):
        return error
    if isinstance(error, exceptions.ValidationError):
        return Invalid(fields=field_sentences(error.detail))
    if isinstance(error, DjangoValidationError):
        return Invalid(fields=_django_fields(error))
    if isinstance(error, exceptions.ParseError):
        return Invalid(str(error.detail), code="malformed-body")
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, DjangoPermissionDenied):
        return Denied(str(error) or _("You may not do this."))
    if isinstance(error, SuspiciousOperation):
        return Invalid(_("The request can't be read."), code="malformed-request")
    if isinstance(error, DatabaseError):
        return database_error(error)
    return None


def database_error(error: DatabaseError) -> BerthError | None:
    """Say what the database refused; None where that is a bug of ours."""
    cause = error.__cause__
    if isinstance(error, DataError):
        return Invalid(_("A value is out of range, or holds characters that can't be stored."))
    if isinstance(cause, pg.UniqueViolation | pg.ExclusionViolation):
        return Conflict(_("There is already one like this."), code="already-exists")
    if isinstance(cause, pg.ForeignKeyViolation | pg.RestrictViolation):
        return Conflict(
            _("Something this refers to is gone, or something still refers to this."),
            code="in-use",
        )
    if isinstance(error, IntegrityError):
        return Invalid(_("The values together break a rule of the data."), code="out-of-range")
    if isinstance(cause, pg.LockNotAvailable | pg.DeadlockDetected | pg.SerializationFailure):
        return Unavailable(_("Others are changing the same thing. Try again."), code="busy")
    if isinstance(cause, pg.QueryCanceled):
        return Unavailable(_("This took too long. Ask for less, or try again."), code="timeout")
    if isinstance(cause, pg.OperationalError):
        log.error("api.database_away", exc_info=error)
        return Unavailable(_("The database can't be reached. Try again."))
    return None


def field_sentences(detail: Any, prefix: str = "") -> dict[str, list[Any]]:
    """Flatten DRF's nested details: "shape.cpu", "items.0.kind"; "" is the whole object."""
    if isinstance(detail, dict):
        found: dict[str, list[Any]] = {}
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            path = ".".join(part for part in (prefix, own) if part)
            found |= field_sentences(inner, path)
        return found
    if isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        found = {}
        for index, inner in enumerate(detail):
            found |= field_sentences(inner, f"{prefix}.{index}") if inner else {}
        return found
    return {prefix: [str(text) for text in (detail if isinstance(detail, list) else [detail])]}


def _django_fields(error: DjangoValidationError) -> dict[str, list[Any]]:
    if hasattr(error, "error_dict"):
        return {
            "" if name == "__all__" else name: list(texts)
            for name, texts in error.message_dict.items()
        }
    return {"": list(error.messages)}


def _framework_answer(request: Any, error: exceptions.APIException) -> Response:
    status = error.status_code
    response = _answer(
        problem(
            request=request,
            status=status,
            code=CODES.get(status, "error"),
            detail=str(error.detail),
        )
    )
    header = getattr(error, "auth_header", None)
    if header:
        response["WWW-Authenticate"] = header
    wait = getattr(error, "wait", None)
    if wait:
        response["Retry-After"] = str(int(wait) + 1)
    return response


def _answer(body: dict[str, Any]) -> Response:
    return Response(body, status=body["status"], content_type=PROBLEM_TYPE)
