"""What a reflector tells the one thread that writes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from inventory.k8s.records import Record


@dataclass(frozen=True, slots=True)
class Listed:
    """Everything there is of a kind; `planned` says that no watch had been lost before.

    `unreadable` are UIDs of objects that are there, too, and could not be decoded; an empty one
    stands for an object whose UID is not known.
    """

    kind: str
    records: list[Record]
    version: str
    planned: bool
    unreadable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seen:
    """One event of a watch: an object that is there, or the UID of one that has gone."""

    kind: str
    version: str
    record: Record | None = None
    removed_uid: str = ""


@dataclass(frozen=True, slots=True)
class Alive:
    """A sign of life without news: a bookmark, or a watch that was opened."""

    kind: str
    version: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The reflector does something else now; `phase` is a WatchPhase value."""

    kind: str
    phase: str
    error_code: str = ""


Message = Listed | Seen | Alive | Moved
