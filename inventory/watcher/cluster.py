"""One cluster in the watcher: leads or stands by, reads with reflectors, writes by itself."""

from __future__ import annotations

import threading

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from inventory.choices import WatchPhase
from inventory.k8s.connect import ClusterClient
from inventory.k8s.errors import ClusterError, Unreachable
from inventory.k8s.kinds import KINDS
from inventory.k8s.reader import Reflector
from inventory.k8s.timing import Timing
from inventory.selectors.connections import watch_client
from inventory.sync import apply_batch
from inventory.watcher.inbox import Batch, Inbox
from inventory.watcher.journal import Journal, Mark
from inventory.watcher.leader import leadership
from portal.errors import BerthError

log = structlog.get_logger()
STANDBY_SECONDS = 5.0
RECOVER_SECONDS = 2.0
TAKE_SECONDS = 0.5
JOIN_SECONDS = 5.0
MAX_LISTS = threading.Semaphore(4)


class ClientBox:
    """The client that all reflectors of a cluster share, made anew when its credential fails."""

    def __init__(self, cluster_id: int) -> None:
        self._cluster_id = cluster_id
        self._client: ClusterClient | None = None
        self._lock = threading.Lock()

    def renew(self, failed: ClusterClient | None) -> ClusterClient:
        """Give the current client, or a fresh one where `failed` is the current one."""
        with self._lock:
            if self._client is None or self._client is failed:
                self.close()
                self._client = self._fresh()
            return self._client

    def _fresh(self) -> ClusterClient:
        try:
            return watch_client(self._cluster_id)
        except ClusterError:
            raise
        except (DatabaseError, InterfaceError, BerthError) as problem:
            unreachable = Unreachable(reason="NoClient", detail=str(problem))
            unreachable.code = getattr(problem, "code", "database")
            raise unreachable from None
        finally:
            connection.close()  # a reflector's thread keeps no database session

    def close(self) -> None:
        """Drop the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None


class ClusterWatch(threading.Thread):
    """Mirrors one cluster until stopped, whatever happens to it or to the database."""

    def __init__(self, cluster_id: int, *, timing: Timing | None = None) -> None:
        super().__init__(name=f"watch-{cluster_id}", daemon=True)
        self.cluster_id = cluster_id
        self._timing = timing or Timing()
        self._stop_asked = threading.Event()

    def stop(self) -> None:
        """Ask for the end; `join` waits for it."""
        self._stop_asked.set()

    def run(self) -> None:
        """Lead when nobody else does; the outermost loop of the thread."""
        with structlog.contextvars.bound_contextvars(cluster_id=self.cluster_id):
            while not self._stop_asked.is_set():
                try:
                    with leadership(self.cluster_id) as leads:
                        if leads:
                            self._lead()
                        else:
                            self._stop_asked.wait(STANDBY_SECONDS)
                except (DatabaseError, InterfaceError) as problem:
                    log.warning("watch.database_lost", why=str(problem))
                    self._pause()
                except Exception:
                    log.exception("watch.crashed")
                    self._pause()
            connection.close()

    def _pause(self) -> None:
        connection.close()
        self._stop_asked.wait(RECOVER_SECONDS)

    def _lead(self) -> None:
        journal = Journal(self.cluster_id)
        marks = journal.load(now=timezone.now())
        done = threading.Event()
        inbox, box = Inbox(done), ClientBox(self.cluster_id)
        readers = [
            Reading(
                Reflector(
                    spec, renew=box.renew, put=inbox.put, timing=self._timing, lists=MAX_LISTS
                ),
                mark=marks[spec.name],
                name=f"{self.name}-{spec.name}",
            )
            for spec in KINDS.values()
        ]
        log.info("watch.leads")
        try:
            for reader in readers:
                reader.start()
            while not self._stop_asked.is_set() and all(r.is_alive() for r in readers):
                self._write(inbox.take(wait_seconds=TAKE_SECONDS), journal)
            self._last_write(inbox, journal)
        finally:
            done.set()
            for reader in readers:
                reader.reflector.stop()
            for reader in readers:
                reader.join(JOIN_SECONDS)
            box.close()
        if not self._stop_asked.is_set():
            self._stop_asked.wait(RECOVER_SECONDS)  # a reflector died of an error of ours

    def _write(self, batches: list[Batch], journal: Journal) -> None:
        for batch in batches:
            now = timezone.now()
            changed = 0
            if batch.has_facts:
                changes = apply_batch(
                    cluster_id=self.cluster_id,
                    kind=batch.kind,
                    upserts=list(batch.upserts.values()),
                    deletes=batch.deletes,
                    full=batch.full,
                    unreadable=batch.unreadable,
                    now=now,
                )
                changed = len(changes.items)
            journal.note(batch, changed=changed, now=now)
        journal.store()

    def _last_write(self, inbox: Inbox, journal: Journal) -> None:
        """What is already here is written before the end, with the version it belongs to."""
        self._write(inbox.take(wait_seconds=0), journal)
        for kind in KINDS:
            batch = Batch(kind)
            batch.phase = WatchPhase.STOPPED
            journal.note(batch, changed=0, now=timezone.now())
        journal.store(last=True)


class Reading(threading.Thread):
    """The thread of one reflector."""

    def __init__(self, reflector: Reflector, *, mark: Mark, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.reflector = reflector
        self._mark = mark

    def run(self) -> None:
        """Read until stopped; the outermost frame of the thread."""
        try:
            self.reflector.run(self._mark.version, self._mark.listed_seconds_ago)
        except Exception:
            log.exception("watch.reflector_crashed", thread=self.name)
