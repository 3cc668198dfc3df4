"""Which clusters there are, and how fresh what Berth knows of them is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from inventory.choices import FactKind, WatchPhase
from inventory.models import Cluster, WatchState
from portal.errors import NotFound
from portal.viewer import Viewer, authorize

# Signs of life come about once a minute; twice that without one is worth a mark on the page.
STALE_AFTER = timedelta(seconds=150)


@dataclass(frozen=True, slots=True)
class KindFreshness:
    """How the mirror of one kind stands; `age_seconds` None means never seen."""

    kind: str
    title: str
    phase: str
    phase_title: str
    age_seconds: int | None
    seen_at: datetime | None
    listed_at: datetime | None
    found_on_relist: int
    error_code: str
    stale: bool


def cluster_list(*, viewer: Viewer) -> QuerySet[Cluster]:
    """Every cluster that is not removed; raises Denied for who may not look."""
    authorize(viewer=viewer, verb="cluster.view")
    return Cluster.objects.present()


def cluster_by_name(*, name: str, viewer: Viewer) -> Cluster:
    """One cluster; raises NotFound, also for who may not look."""
    if not viewer.can("cluster.view"):
        raise NotFound
    found = Cluster.objects.present().filter(name=name).first()
    if found is None:
        raise NotFound
    return found


def cluster_names() -> dict[int, str]:
    """Names of all clusters by id, removed ones included: history names them."""
    return dict(Cluster.objects.values_list("pk", "name"))


def cluster_freshness(*, cluster_ids: list[int], now: datetime) -> dict[int, list[KindFreshness]]:
    """How fresh each kind of each cluster is, in the order of FactKind; one query."""
    rows = WatchState.objects.filter(cluster_id__in=cluster_ids)
    found = {(row.cluster_id, row.kind): row for row in rows}
    return {
        pk: [_freshness(kind, found.get((pk, kind)), now) for kind in FactKind]
        for pk in cluster_ids
    }


def _freshness(kind: FactKind, row: WatchState | None, now: datetime) -> KindFreshness:
    phase = WatchPhase(row.state) if row else WatchPhase.STOPPED
    seen_at = row.last_event_at if row else None
    age = now - seen_at if seen_at else None
    return KindFreshness(
        kind=kind.value,
        title=str(kind.label),
        phase=phase.value,
        phase_title=str(phase.label),
        age_seconds=int(age.total_seconds()) if age is not None else None,
        seen_at=seen_at,
        listed_at=row.last_list_at if row else None,
        found_on_relist=row.diff_on_relist if row else 0,
        error_code=row.error_code if row else "",
        stale=age is None or age > STALE_AFTER or phase != WatchPhase.WATCHING,
    )
