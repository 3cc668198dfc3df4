"""The consumer's questions to the database; called from its thread, never from the event loop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal.errors import BerthError
from portal.live.topics import topic_find
from portal.models.live import LiveTopic
from portal.scope import scope
from portal.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Standing:
    """What a viewer may hear of, and the numbers of those topics."""

    allowed: frozenset[str]
    seqs: dict[str, int]


def topics_allowed(*, viewer: Viewer, topics: Iterable[str]) -> frozenset[str]:
    """The topics that the viewer may hear of."""
    with scope(viewer):
        return frozenset(topic for topic in topics if _allowed(viewer, topic))


def topics_standing(*, viewer: Viewer, topics: Iterable[str]) -> Standing:
    """As `topics_allowed`, with the last number of each topic."""
    allowed = topics_allowed(viewer=viewer, topics=topics)
    return Standing(allowed, topic_seqs(allowed))


def topic_seqs(topics: Iterable[str]) -> dict[str, int]:
    """The last number given out on each topic; one that nothing happened on is left out."""
    found = LiveTopic.objects.filter(topic__in=list(topics)).values_list("topic", "seq")
    return dict(found)


def topic_snapshot(*, viewer: Viewer, topic: str) -> dict[str, Any] | None:
    """The small facts a topic wants to begin with, if it has any."""
    found = topic_find(topic)
    if found is None or found[0].snapshot is None:
        return None
    with scope(viewer):
        return found[0].snapshot(viewer, found[1])


def _allowed(viewer: Viewer, topic: str) -> bool:
    found = topic_find(topic)
    if found is None:
        return False
    family, ident = found
    try:
        return family.may_subscribe(viewer, ident)
    except (BerthError, ValueError):
        # An id that is no number, or an object that is not there for this viewer.
        return False
