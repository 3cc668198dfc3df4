"""The only writer of the audit log, and the arithmetic that verifies it.

An entry is part of the transaction of the change it tells of. Its place in the chain of hashes is
set by the database at COMMIT (see `portal/migrations/_audit_chain.py`), so `record` may be called
at any point of a transaction and takes no lock that others wait for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from portal.logs import redact
from portal.viewer import Viewer

INSERT = """
INSERT INTO portal_auditentry (actor_user_id, actor_label, actor_kind, verb, target_type,
    target_id, tenant_key, before, after, reason, request_id, job_id, chain_key)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, %s, %s, %s, '')
"""


def record(
    *,
    viewer: Viewer,
    verb: str,
    target_type: str,
    target_id: str | int,
    tenant_key: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    request_id: str | None = None,
    job_id: int | None = None,
) -> None:
    """Write one entry in the current transaction; tenant_key "" is the platform's own chain.

    `before` and `after` are JSON-able and hold what changed; values that look like secrets are
    blacked out. Request and job are those of the running context unless given.
    """
    context = structlog.contextvars.get_contextvars()
    # No RETURNING: the actor may not be allowed to read what it has just caused.
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                viewer.user_id,
                viewer.label[:200],
                viewer.kind,
                verb,
                target_type,
                str(target_id),
                tenant_key,
                _json(before),
                _json(after),
                reason,
                context.get("request_id", "") if request_id is None else request_id,
                context.get("job_id") if job_id is None else job_id,
            ],
        )


def digest(fields: Iterable[str | None]) -> bytes:
    """SHA-256 over the fields of an entry, each with its length; the database does the same."""
    hasher = hashlib.sha256()
    for field in fields:
        if field is None:
            hasher.update(b"-;")
        else:
            data = field.encode()
            hasher.update(b"%d:%b;" % (len(data), data))
    return hasher.digest()


def _json(value: Mapping[str, Any] | None) -> str | None:
    if value is None:
        return None
    return json.dumps(redact(dict(value)), cls=DjangoJSONEncoder, allow_nan=False)
