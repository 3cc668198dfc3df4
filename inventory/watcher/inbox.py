"""Between the reflectors of a cluster and its one writing thread."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable

from inventory.choices import FactKind, WatchPhase
from inventory.k8s.messages import Alive, Listed, Message, Moved, Seen
from inventory.k8s.records import Record

MAX_MESSAGES = 5000
MAX_BATCH = 2000
GATHER_SECONDS = 0.1

# Nodes and namespaces first, so that what refers to them finds them.
ORDER = (
    FactKind.NAMESPACES,
    FactKind.NODES,
    FactKind.QUOTAS,
    FactKind.STATEFULSETS,
    FactKind.JOBS,
    FactKind.PODS,
)


class Batch:
    """What was heard of one kind since the last write; the last word about an object counts."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.upserts: dict[str, Record] = {}
        self.deletes: set[str] = set()
        self.unreadable: frozenset[str] = frozenset()
        self.full = False
        self.planned = False
        self.alive = False
        self.version = ""
        self.phase: WatchPhase | None = None
        self.error_code = ""

    @property
    def has_facts(self) -> bool:
        """Tell whether there is anything for the mirror."""
        return self.full or bool(self.upserts) or bool(self.deletes)

    def add(self, message: Message) -> None:
        """Take one message in."""
        match message:
            case Listed():
                self.upserts = {record.uid: record for record in message.records}
                self.deletes, self.unreadable = set(), message.unreadable
                self.full, self.planned = True, message.planned
                self._heard(message.version)
            case Seen():
                self._see(message)
                self._heard(message.version)
            case Alive():
                self._heard(message.version)
            case Moved():
                self.phase, self.error_code = WatchPhase(message.phase), message.error_code

    def _heard(self, version: str) -> None:
        self.alive, self.version = True, version

    def _see(self, message: Seen) -> None:
        if message.record is None:
            self.upserts.pop(message.removed_uid, None)
            self.deletes.add(message.removed_uid)
        else:
            self.upserts[message.record.uid] = message.record
            self.deletes.discard(message.record.uid)


class Inbox:
    """A bounded queue; a reflector that is faster than the database waits."""

    def __init__(self, stop: threading.Event) -> None:
        self._queue: queue.Queue[Message] = queue.Queue(MAX_MESSAGES)
        self._stop = stop

    def put(self, message: Message) -> None:
        """Hand over a message; dropped once everything stops, since the next start reads anew."""
        while not self._stop.is_set():
            try:
                self._queue.put(message, timeout=0.5)
            except queue.Full:
                continue
            return

    def take(self, *, wait_seconds: float) -> list[Batch]:
        """Wait for a message, gather what follows at once, and give it by kind in order."""
        batches: dict[str, Batch] = {}
        for message in self._gather(wait_seconds):
            batches.setdefault(message.kind, Batch(message.kind)).add(message)
        return [batches[kind] for kind in ORDER if kind in batches]

    def _gather(self, wait_seconds: float) -> Iterable[Message]:
        try:
            yield self._queue.get(timeout=wait_seconds)
        except queue.Empty:
            return
        until = time.monotonic() + GATHER_SECONDS
        for _count in range(MAX_BATCH):
            try:
                yield self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return
