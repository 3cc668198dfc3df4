"""Taking new events out of the outbox and giving each topic its next number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from portal.live.events import Event, event_merge
from portal.models.live import LiveTopic, OutboxEvent
from portal.scope import scope
from portal.viewer import Viewer

BATCH = 500
REVOCATION = re.compile(r"user\.\d+\.revoked")

# A new topic begins at the time in milliseconds, so that one which was forgotten and comes back
# never repeats a number. A browser can count that far exactly.
NUMBER = """
INSERT INTO portal_livetopic (topic, seq, updated_at)
SELECT topic, (extract(epoch FROM %(now)s) * 1000)::bigint, %(now)s
FROM unnest(%(topics)s::text[]) AS topic
ON CONFLICT (topic) DO UPDATE
SET seq = portal_livetopic.seq + 1, updated_at = EXCLUDED.updated_at
RETURNING topic, seq
"""


@dataclass(frozen=True, slots=True)
class Sending:
    """One event for the channel layer; `revokes` goes to sockets themselves, not to browsers."""

    event: Event
    revokes: bool


def batch_number(*, now: datetime) -> list[Sending]:
    """Take up to 500 new events, one of each topic to send, numbered; commits."""
    with scope(Viewer.system("relay")):
        rows = list(
            OutboxEvent.objects.select_for_update(skip_locked=True)
            .filter(published_at=None)
            .order_by("id")[:BATCH]
        )
        if not rows:
            return []
        numbers = _numbers({row.topic for row in rows}, now)
        for row in rows:
            row.published_at, row.seq = now, numbers[row.topic]
        OutboxEvent.objects.bulk_update(rows, ["published_at", "seq"])
    return _sendings(rows)


def topics_recent(*, since: datetime) -> list[tuple[str, int]]:
    """Topics that got a number lately, with the last one."""
    rows = LiveTopic.objects.filter(updated_at__gte=since).values_list("topic", "seq")
    return [(topic, seq) for topic, seq in rows if not REVOCATION.fullmatch(topic)]


def _numbers(topics: Iterable[str], now: datetime) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(NUMBER, {"topics": sorted(topics), "now": now})
        return dict(cursor.fetchall())


def _sendings(rows: list[OutboxEvent]) -> list[Sending]:
    merged: dict[str, Event] = {}
    for row in rows:
        ids = {name: [value] for name, value in row.ids.items()}
        event = Event(row.topic, row.seq or 0, row.kind, ids)
        merged[row.topic] = event_merge(merged.get(row.topic), event)
    return [
        Sending(event, revokes=bool(REVOCATION.fullmatch(event.topic))) for event in merged.values()
    ]
