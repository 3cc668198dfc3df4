"""Every object, its version, and the history that watches and old lists are answered from.

One event loop reads and writes; nothing here waits, so each call is a transaction.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from simulator.api.errors import not_kept
from simulator.objects import Object, dump
from simulator.store.persist import Journal

log = logging.getLogger("simulator")

EventType = Literal["ADDED", "MODIFIED", "DELETED"]
HISTORY = 5_000
Listener = Callable[["Event"], None]


class Gone(Exception):
    """The version asked for is no longer kept."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One object at one version. `obj` is never changed; `data` is its JSON without its kind."""

    kind: str
    namespace: str
    name: str
    version: int
    obj: Object
    data: bytes

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `stored` is the object after it (before it where it was deleted)."""

    version: int
    type: EventType
    stored: Stored
    previous: Stored | None


class Shelf:
    """All objects of one kind with their history."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Stored] = {}
        self.by_namespace: dict[str, dict[str, Stored]] = {}
        self.by_owner: dict[str, dict[tuple[str, str], Stored]] = {}
        self.history: deque[Event] = deque()
        self.forgotten = 0
        self.listeners: list[Listener] = []

    def put(self, stored: Stored) -> None:
        """Keep the newest version."""
        self._disown(stored.key)
        self.objects[stored.key] = stored
        for uid in _owners(stored):
            self.by_owner.setdefault(uid, {})[stored.key] = stored
        self.by_namespace.setdefault(stored.namespace, {})[stored.name] = stored

    def drop(self, key: tuple[str, str]) -> None:
        """Forget an object."""
        self._disown(key)
        self.objects.pop(key, None)
        self.by_namespace.get(key[0], {}).pop(key[1], None)

    def _disown(self, key: tuple[str, str]) -> None:
        before = self.objects.get(key)
        for uid in _owners(before) if before else ():
            children = self.by_owner.get(uid, {})
            children.pop(key, None)
            if not children:
                self.by_owner.pop(uid, None)


class Store:
    """Objects by kind, namespace and name, with one counter of versions for all."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.version = 1
        self.started_at = 1
        self._shelves: dict[str, Shelf] = {}
        self._journal = journal
        self._everything: list[Listener] = []
        if journal is not None:
            self._restore(journal)

    def _restore(self, journal: Journal) -> None:
        self.version = max(1, journal.version())
        self.started_at = self.version
        for kind, namespace, name, obj, data in journal.objects():
            version = int(obj["metadata"]["resourceVersion"])
            self._shelf(kind).put(Stored(kind, namespace, name, version, obj, data))
        for row in journal.events():
            shelf = self._shelf(row.kind)
            before = row.previous and self._as_stored(
                row.kind, row.namespace, row.name, row.previous
            )
            after = self._as_stored(row.kind, row.namespace, row.name, row.data)
            shelf.history.append(Event(row.version, row.type, after, before or None))
        floor = journal.floor()
        for shelf in self._shelves.values():
            shelf.forgotten = floor

    @staticmethod
    def _as_stored(kind: str, namespace: str, name: str, pair: tuple[Object, bytes]) -> Stored:
        obj, data = pair
        return Stored(kind, namespace, name, int(obj["metadata"]["resourceVersion"]), obj, data)

    def _shelf(self, kind: str) -> Shelf:
        found = self._shelves.get(kind)
        if found is None:
            found = self._shelves[kind] = Shelf()
        return found

    def get(self, kind: str, namespace: str, name: str) -> Stored | None:
        """One object, or None."""
        return self._shelf(kind).objects.get((namespace, name))

    def each(self, kind: str, namespace: str = "") -> Iterator[Stored]:
        """All objects of a kind, of one namespace where it is given; in no order."""
        shelf = self._shelf(kind)
        if namespace:
            return iter(list(shelf.by_namespace.get(namespace, {}).values()))
        return iter(list(shelf.objects.values()))

    def owned(self, kind: str, uid: str) -> list[Stored]:
        """Objects of a kind that name an owner by its UID."""
        return [*self._shelf(kind).by_owner.get(uid, {}).values()]

    def ordered(self, kind: str, namespace: str = "") -> list[Stored]:
        """All objects of a kind in the order of their keys."""
        return sorted(self.each(kind, namespace), key=_order)

    def list_at(self, kind: str, version: int, namespace: str = "") -> list[Stored]:
        """The same as it was at a version; raises Gone where the history is too short."""
        shelf = self._shelf(kind)
        if version < shelf.forgotten:
            raise Gone
        found = {stored.key: stored for stored in self.each(kind, namespace)}
        for event in reversed(shelf.history):
            if event.version <= version:
                break
            if namespace and event.stored.namespace != namespace:
                continue
            if event.previous is None:
                found.pop(event.stored.key, None)
            else:
                found[event.stored.key] = event.previous
        return sorted(found.values(), key=_order)

    def since(self, kind: str, version: int) -> list[Event]:
        """What happened after a version; raises Gone where the history is too short."""
        shelf = self._shelf(kind)
        if version < shelf.forgotten:
            raise Gone
        newer: deque[Event] = deque()
        for event in reversed(shelf.history):
            if event.version <= version:
                break
            newer.appendleft(event)
        return [*newer]

    def write(self, kind: str, obj: Object) -> Stored:
        """Keep an object as its newest version; its metadata gets the version.

        Raises StatusError 500, and nothing has changed, where the disk does not take it.
        """
        version, meta = self.version + 1, obj["metadata"]
        meta["resourceVersion"] = str(version)
        namespace, name = meta.get("namespace", ""), meta["name"]
        stored = Stored(kind, namespace, name, version, obj, dump(obj))
        shelf = self._shelf(kind)
        previous = shelf.objects.get(stored.key)
        event = Event(version, "MODIFIED" if previous else "ADDED", stored, previous)
        self._keep(event)
        shelf.put(stored)
        self._tell(shelf, event)
        return stored

    def remove(self, kind: str, namespace: str, name: str) -> Stored:
        """Take an object away; what is returned is its last state under the version of its end.

        Raises StatusError 500, and nothing has changed, where the disk does not take it.
        """
        shelf, version = self._shelf(kind), self.version + 1
        previous = shelf.objects[namespace, name]
        obj = previous.obj | {
            "metadata": previous.obj["metadata"] | {"resourceVersion": str(version)}
        }
        stored = Stored(kind, namespace, name, version, obj, dump(obj))
        event = Event(version, "DELETED", stored, previous)
        self._keep(event)
        shelf.drop(previous.key)
        self._tell(shelf, event)
        return stored

    def _keep(self, event: Event) -> None:
        """Write a change down before anybody sees it; it then has happened."""
        if self._journal is not None:
            previous = event.previous.data if event.previous else None
            try:
                self._journal.note(event.version, event.type, event.stored, previous)
            except sqlite3.Error as problem:
                raise self._not_kept(problem) from None
        self.version = event.version

    @staticmethod
    def _not_kept(problem: sqlite3.Error) -> Exception:
        log.error("A change can't be kept and is refused: %s. Is the disk full?", problem)
        return not_kept(str(problem))

    def _tell(self, shelf: Shelf, event: Event) -> None:
        shelf.history.append(event)
        if len(shelf.history) > HISTORY:
            shelf.forgotten = shelf.history.popleft().version
        for listener in [*shelf.listeners, *self._everything]:
            listener(event)

    def listen(self, kind: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` at every change of a kind ("" for all); returns how to end that."""
        place = self._shelf(kind).listeners if kind else self._everything
        place.append(listener)
        return lambda: place.remove(listener)

    def forget(self) -> None:
        """Forget all history, as a compaction does; raises StatusError 500."""
        if self._journal is not None:
            try:
                self._journal.forget(self.version)
            except sqlite3.Error as problem:
                raise self._not_kept(problem) from None
        for shelf in self._shelves.values():
            shelf.history.clear()
            shelf.forgotten = self.version


def _owners(stored: Stored) -> list[str]:
    return [owner["uid"] for owner in stored.obj["metadata"].get("ownerReferences") or ()]


def _order(stored: Stored) -> str:
    return f"{stored.namespace}/{stored.name}"
