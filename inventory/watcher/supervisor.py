"""Looks which clusters there are, and keeps one thread for each."""

from __future__ import annotations

import threading

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from inventory.choices import ClusterState
from inventory.k8s.timing import Timing
from inventory.models import Cluster
from inventory.selectors.connections import connection_fingerprint
from inventory.watcher.cluster import ClusterWatch
from portal.models import Heartbeat
from portal.scope import scope
from portal.viewer import Viewer

log = structlog.get_logger()
POLL_SECONDS = 2.0
HEARTBEAT_EVERY = 5  # polls
END_SECONDS = 15.0
NOT_WATCHED = (ClusterState.PAUSED, ClusterState.REMOVING, ClusterState.REMOVED)


class Supervisor:
    """Starts, restarts and ends ClusterWatch threads as the table of clusters says."""

    def __init__(self, stop: threading.Event, *, timing: Timing | None = None) -> None:
        self._stop = stop
        self._timing = timing
        self._watches: dict[int, tuple[str, ClusterWatch]] = {}
        self._ending: list[ClusterWatch] = []
        self._polls = 0

    def run(self) -> None:
        """Go on until `stop` is set; a database that is away is waited for."""
        while not self._stop.is_set():
            try:
                self.poll()
            except (DatabaseError, InterfaceError) as problem:
                log.warning("watch.database_lost", why=str(problem))
                connection.close()
            self._stop.wait(POLL_SECONDS)
        self.end()

    def poll(self) -> None:
        """Bring the threads in line with the table once."""
        wanted = self._wanted()
        for cluster_id, (fingerprint, watch) in list(self._watches.items()):
            if wanted.get(cluster_id) != fingerprint or not watch.is_alive():
                watch.stop()
                self._ending.append(watch)
                del self._watches[cluster_id]
        self._ending = [watch for watch in self._ending if watch.is_alive()]
        busy = {watch.cluster_id for watch in self._ending}
        for cluster_id, fingerprint in wanted.items():
            if cluster_id not in self._watches and cluster_id not in busy:
                watch = ClusterWatch(cluster_id, timing=self._timing)
                self._watches[cluster_id] = (fingerprint, watch)
                watch.start()

    def _wanted(self) -> dict[int, str]:
        with scope(Viewer.system("watcher")):
            clusters = Cluster.objects.exclude(state__in=NOT_WATCHED).exclude(sealed_credential=b"")
            wanted = {cluster.pk: connection_fingerprint(cluster) for cluster in clusters}
            if self._polls % HEARTBEAT_EVERY == 0:
                Heartbeat.objects.update_or_create(
                    name="watcher",
                    defaults={"at": timezone.now(), "detail": {"clusters": len(wanted)}},
                )
            self._polls += 1
        return wanted

    def end(self) -> None:
        """Stop every thread and wait for what it still has to write."""
        watches = [watch for _fingerprint, watch in self._watches.values()] + self._ending
        for watch in watches:
            watch.stop()
        for watch in watches:
            watch.join(END_SECONDS)
        connection.close()
