"""Forgetting what nobody will ask for again."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.api.idempotency import answers_trim
from portal.models.live import LiveTopic, OutboxEvent
from portal.scope import scope
from portal.viewer import Viewer

KEEP_EVENTS = timedelta(hours=6)
KEEP_TOPICS = timedelta(days=7)


def chassis_trim(now: datetime) -> None:
    """Remove sent events, topics on which nothing happened for a week, and stored answers.

    A topic that comes back begins with a higher number (see the relay), so no browser mistakes
    its events for old ones.
    """
    with scope(Viewer.system("trim")):
        OutboxEvent.objects.filter(published_at__lt=now - KEEP_EVENTS).delete()
        LiveTopic.objects.filter(updated_at__lt=now - KEEP_TOPICS).delete()
        answers_trim(now)
