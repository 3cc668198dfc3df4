"""Writes that may be repeated safely, and writes that are only tried (`dryRun=true`).

The answer is stored in the transaction of the effect, so there is never one without the other.
Errors are not stored: they have left nothing behind, and the same key may try again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal.errors import BerthError, Conflict, Invalid
from portal.models.idempotency import IdempotentAnswer
from portal.viewer import Viewer

KEY = re.compile(r'"?([\x21\x23-\x7e]{1,128})"?')
KEPT_HEADERS = ("ETag", "Location", "Retry-After")
KEEP = timedelta(hours=48)
DRY_RUN_HEADER = "Berth-Dry-Run"
REPLAYED_HEADER = "Idempotency-Replayed"


class KeyReused(BerthError):
    """The key stands for another request."""

    status = 422
    code = "idempotency-key-reused"


def write_once(*, request: Request, viewer: Viewer, act: Callable[[], Response]) -> Response:
    """Run a write in a savepoint, once for each (principal, Idempotency-Key).

    A repeated request gets the stored answer and the header Idempotency-Replayed. Raises Invalid
    without a key, KeyReused (422) for another request under the same key, Conflict (409) while
    the first one is still running.
    """
    if dry_run_asked(request):
        return _tried(act)
    key = _key(request)
    principal = _principal(viewer)
    digest = _digest(request)
    with transaction.atomic():
        if not _lock(principal, key):
            raise Conflict(
                _("The same request is still running. Repeat it in a moment for its answer."),
                code="idempotency-running",
            )
        known = IdempotentAnswer.objects.filter(principal=principal, key=key).first()
        if known is not None:
            return _replay(known, digest)
        response = act()
        if response.status_code < 400:
            _store(principal, key, digest, response)
        else:
            transaction.set_rollback(True)
    return response


def dry_run_asked(request: Request) -> bool:
    """Tell whether the query says dryRun=true; raise Invalid for anything else than true/false."""
    text = request.query_params.get("dryRun", "false")
    if text not in {"true", "false"}:
        raise Invalid(fields={"dryRun": [_("Give true or false.")]})
    return text == "true"


def answers_trim(now: datetime) -> int:
    """Forget answers that nobody will ask for again; return how many."""
    return IdempotentAnswer.objects.filter(created_at__lt=now - KEEP).delete()[0]


def _tried(act: Callable[[], Response]) -> Response:
    with transaction.atomic():
        response = act()
        transaction.set_rollback(True)
    del response["Location"]
    response[DRY_RUN_HEADER] = "true"
    return response


def _key(request: Request) -> str:
    found = KEY.fullmatch(request.headers.get("Idempotency-Key", "").strip())
    if found is None:
        text = _("Send a key of 1 to 128 visible characters, a new one for each change (a UUID).")
        raise Invalid(fields={"Idempotency-Key": [text]}, code="idempotency-key-required")
    return found[1]


def _principal(viewer: Viewer) -> str:
    if viewer.kind == "user":
        return f"user:{viewer.user_id}"
    name = hashlib.sha256(viewer.label.encode()).hexdigest()[:32]
    return f"{viewer.kind}:{viewer.user_id}:{name}"


def _digest(request: Request) -> bytes:
    body: bytes = request._request.body
    head = f"{request.method} {request.get_full_path()}\n{request.content_type}\n"
    return hashlib.sha256(head.encode() + body).digest()


def _lock(principal: str, key: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"berth.idempotency:{principal}:{key}"],
        )
        return bool(cursor.fetchone() == (True,))


def _replay(known: IdempotentAnswer, digest: bytes) -> Response:
    if bytes(known.request_digest) != digest:
        raise KeyReused(
            _("This Idempotency-Key was used for another request. Take a new key for a new change.")
        )
    body = bytes(known.body)
    response = Response(json.loads(body) if body else None, status=known.status)
    for name, value in known.headers.items():
        response[name] = value
    response[REPLAYED_HEADER] = "true"
    return response


def _store(principal: str, key: str, digest: bytes, response: Response) -> None:
    body = b"" if response.data is None else JSONRenderer().render(response.data)
    headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
    IdempotentAnswer.objects.create(
        principal=principal,
        key=key,
        request_digest=digest,
        status=response.status_code,
        headers=headers,
        body=body,
    )
