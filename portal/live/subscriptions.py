"""What one socket listens to, and which events wait to be sent. Pure: the time is handed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from portal.live.events import Event, event_merge

MAX_SUBSCRIPTIONS = 100
SPACING_SECONDS = 0.25  # at most four events a second on one topic

SubId = int | str


@dataclass(slots=True)
class Subscription:
    """One topic on one socket; several elements of a page may have asked for it."""

    topic: str
    ids: set[SubId] = field(default_factory=set)
    seq: int = 0
    open: bool = False
    next_at: float = 0.0


@dataclass(slots=True)
class Subscriptions:
    """The latest event waits for each topic: a slow reader gets fewer events, never older ones."""

    topics: dict[str, Subscription] = field(default_factory=dict)
    by_id: dict[SubId, str] = field(default_factory=dict)
    pending: dict[str, Event] = field(default_factory=dict)

    def full(self) -> bool:
        """Tell whether another subscription is too many."""
        return len(self.by_id) >= MAX_SUBSCRIPTIONS

    def add(self, sub_id: SubId, topic: str) -> bool:
        """Note a subscription; True when the topic is new to this socket."""
        new = topic not in self.topics
        self.topics.setdefault(topic, Subscription(topic)).ids.add(sub_id)
        self.by_id[sub_id] = topic
        return new

    def opened(self, topic: str, seq: int) -> None:
        """From now on events after `seq` may be sent."""
        found = self.topics.get(topic)
        if found:
            found.seq, found.open = max(found.seq, seq), True

    def remove(self, sub_id: SubId) -> str | None:
        """Forget a subscription; the topic when nothing on this socket needs it any more."""
        topic = self.by_id.pop(sub_id, None)
        if topic is None:
            return None
        found = self.topics[topic]
        found.ids.discard(sub_id)
        if found.ids:
            return None
        del self.topics[topic]
        self.pending.pop(topic, None)
        return topic

    def offer(self, event: Event) -> bool:
        """Take an event for sending; False when it is old or nobody listens."""
        found = self.topics.get(event.topic)
        if found is None or event.seq <= found.seq:
            return False
        self.pending[event.topic] = event_merge(self.pending.get(event.topic), event)
        return True

    def due(self, now: float) -> list[Event]:
        """Take out what may be sent at `now`."""
        events = []
        for topic in list(self.pending):
            found = self.topics[topic]
            if not found.open or found.next_at > now:
                continue
            event = self.pending.pop(topic)
            if event.seq > found.seq:
                found.seq, found.next_at = event.seq, now + SPACING_SECONDS
                events.append(event)
        return events

    def next_at(self) -> float | None:
        """When something will be due; None when nothing waits that could be sent."""
        waiting = [self.topics[topic] for topic in self.pending]
        return min((found.next_at for found in waiting if found.open), default=None)

    def behind(self, seqs: dict[str, int]) -> list[str]:
        """Topics whose number has passed this socket's with nothing waiting: an event got lost."""
        lost = [
            topic
            for topic, found in self.topics.items()
            if found.open and topic not in self.pending and seqs.get(topic, 0) > found.seq
        ]
        for topic in lost:
            self.topics[topic].seq = seqs[topic]
        return lost

    def ids_of(self, topics: Iterable[str]) -> list[SubId]:
        """The subscriptions behind some topics."""
        return [sub_id for topic in topics for sub_id in self.topics[topic].ids]


@dataclass(slots=True)
class Bucket:
    """At most `rate` operations a second, after a first burst for a page that opens."""

    rate: float = 20.0
    burst: float = 120.0
    level: float = 120.0
    at: float = 0.0

    def take(self, now: float) -> bool:
        """Count one operation; False when there were too many."""
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True
