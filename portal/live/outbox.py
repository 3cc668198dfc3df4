"""Writing events: rows of the same transaction as the change they tell of."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable

import structlog
from django.db import DatabaseError, connection, transaction

CHANNEL = "berth_outbox"
TOPIC = re.compile(r"[a-z][a-z0-9_-]{0,39}(?:[:.][A-Za-z0-9_.-]{1,100})?")
KIND = re.compile(r"[a-z][a-z0-9_.-]{0,39}")

# Equal events of one transaction are one row; those of a rolled back savepoint never were.
INSERT = """
INSERT INTO portal_outboxevent (topic, kind, ids, ids_digest, transaction_id)
VALUES (%s, %s, %s::jsonb, %s, pg_current_xact_id()::text::bigint)
ON CONFLICT (transaction_id, topic, kind, ids_digest) WHERE published_at IS NULL DO NOTHING
"""

log = structlog.get_logger()


def publish(topic: str, kind: str, **ids: int | str) -> None:
    """Tell everybody who has subscribed to `topic` that something of this kind has changed.

    Part of the caller's transaction: rolled back with it, sent within a second after its commit.
    `ids` says which objects, never their content. Raises ValueError for a malformed topic or kind.
    """
    if not TOPIC.fullmatch(topic) or not KIND.fullmatch(kind):
        msg = f"{topic!r} or {kind!r} is no name of a topic or kind"
        raise ValueError(msg)
    text = json.dumps(ids, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [topic, kind, text, digest])
    _wake_after_commit(_wake)


def revoke(user_id: int) -> None:
    """Make the person's open sockets look up their rights at once; in the caller's transaction."""
    publish(f"user.{user_id}.revoked", "revoked")


def _wake_after_commit(wake: Callable[[], None]) -> None:
    """Ring for the relay once a transaction."""
    if not any(entry[1] is wake for entry in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


def _wake() -> None:
    """NOTIFY by itself: inside the transaction it would make all commits wait for each other.

    A lost one costs a fraction of a second, since the relay also looks by itself.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")
    except DatabaseError:
        log.warning("live.wake_failed", exc_info=True)
