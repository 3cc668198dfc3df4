"""Writing down how fresh the mirror of a cluster is, and what state that means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from inventory.choices import ClusterState, FactKind, WatchPhase
from inventory.models import Cluster, WatchState
from inventory.states import cluster_state_set
from inventory.watcher.inbox import Batch
from portal import live
from portal.scope import scope
from portal.viewer import Viewer

STORE_EVERY = timedelta(seconds=5)
WATCHER = Viewer.system("watcher")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the reader of a kind goes on; no `listed_seconds_ago` where it was never listed."""

    version: str
    listed_seconds_ago: float | None


class Journal:
    """The WatchState rows of one cluster, written when the phase changes or five seconds passed.

    A version is kept only after its facts are in the mirror, so a restart can't skip any.
    """

    def __init__(self, cluster_id: int) -> None:
        self._cluster_id = cluster_id
        self._rows: dict[str, WatchState] = {}
        self._dirty: set[str] = set()
        self._urgent = False
        self._stored_at: datetime | None = None

    def load(self, *, now: datetime) -> dict[str, Mark]:
        """Read or make the rows; return where each kind goes on."""
        with scope(WATCHER):
            WatchState.objects.bulk_create(
                [WatchState(cluster_id=self._cluster_id, kind=kind) for kind in FactKind],
                ignore_conflicts=True,
            )
            self._rows = {
                row.kind: row for row in WatchState.objects.filter(cluster_id=self._cluster_id)
            }
        return {
            kind: Mark(row.resource_version, _seconds_since(row.last_list_at, now))
            for kind, row in self._rows.items()
        }

    def note(self, batch: Batch, *, changed: int, now: datetime) -> None:
        """Take in a batch whose facts are written; `changed` rows differed."""
        row = self._rows[batch.kind]
        if batch.alive:
            row.resource_version, row.last_event_at = batch.version, now
        if batch.full:
            row.last_list_at = now
            row.diff_on_relist += changed if batch.planned else 0
        if batch.phase is not None and (batch.phase, batch.error_code) != (
            row.state,
            row.error_code,
        ):
            row.state, row.error_code = batch.phase, batch.error_code
            self._urgent = self._urgent or batch.phase != WatchPhase.LISTING
        self._dirty.add(batch.kind)

    def store(self, *, now: datetime | None = None, last: bool = False) -> None:
        """Write what is due; `last` writes everything at once."""
        now = now or timezone.now()
        waited = self._stored_at is None or now - self._stored_at >= STORE_EVERY
        if not self._dirty or not (waited or self._urgent or last):
            return
        with scope(WATCHER):
            WatchState.objects.bulk_update(
                [self._rows[kind] for kind in sorted(self._dirty)],
                ["resource_version", "state", "last_event_at", "last_list_at"]
                + ["diff_on_relist", "error_code"],
            )
            self._cluster_store(now)
            live.publish(f"cluster:{self._cluster_id}", "watch", cluster=self._cluster_id)
        self._dirty, self._urgent, self._stored_at = set(), False, now

    def _cluster_store(self, now: datetime) -> None:
        rows = Cluster.objects.filter(pk=self._cluster_id)
        heard = [row.last_event_at for row in self._rows.values() if row.last_event_at]
        if heard:
            rows.update(last_contact_at=max(heard))
        found = state_of(list(self._rows.values()))
        if found is not None:
            cluster_state_set(cluster_id=self._cluster_id, state=found[0], code=found[1], now=now)


def _seconds_since(at: datetime | None, now: datetime) -> float | None:
    """Never negative: a clock that was set back must not put anything off."""
    return None if at is None else max(0.0, (now - at).total_seconds())


def state_of(rows: list[WatchState]) -> tuple[ClusterState, str] | None:
    """What the phases of all kinds say about the cluster; None while they don't say."""
    phases = {row.state for row in rows}
    codes = [row.error_code for row in rows if row.state == WatchPhase.BACKOFF]
    if "credential-expired" in codes:
        return ClusterState.CREDENTIAL_EXPIRED, "credential-expired"
    if WatchPhase.WATCHING in phases or WatchPhase.FORBIDDEN in phases:
        return ClusterState.CONNECTED, ""
    if codes:
        return ClusterState.UNREACHABLE, codes[0]
    return None
