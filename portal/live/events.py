"""Merging events: the browser needs to know that something changed, and at best what. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MANY = "changed"
MAX_IDS = 50

Ids = dict[str, list[int | str]]


@dataclass(frozen=True, slots=True)
class Event:
    """What changed on a topic up to `seq`; `ids` is empty for "look yourself"."""

    topic: str
    seq: int
    kind: str
    ids: Ids = field(default_factory=dict)

    def as_message(self) -> dict[str, Any]:
        """What goes to the browser."""
        return {
            "op": "ev",
            "topic": self.topic,
            "seq": self.seq,
            "kind": self.kind,
            "ids": self.ids,
        }


def event_merge(older: Event | None, newer: Event) -> Event:
    """One event that says what both said; the later number counts."""
    if older is None:
        return newer
    kind = newer.kind if newer.kind == older.kind else MANY
    return Event(newer.topic, max(older.seq, newer.seq), kind, ids_merge(older.ids, newer.ids))


def ids_merge(first: Ids, second: Ids) -> Ids:
    """Union by name, in order; nothing at all where one side is unspecific or there are many."""
    if not first or not second:
        return {}
    merged = {name: list(values) for name, values in first.items()}
    for name, values in second.items():
        known = merged.setdefault(name, [])
        known.extend(value for value in values if value not in known)
    return {} if sum(map(len, merged.values())) > MAX_IDS else merged
