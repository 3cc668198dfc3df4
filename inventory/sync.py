"""Keeping the mirror: one transaction per batch writes what changed, and only that."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import QuerySet

from inventory import projection
from inventory.aftermath import batch_follow
from inventory.choices import ClusterState, FactKind
from inventory.k8s.records import Record
from inventory.locks import mirror_lock
from inventory.models import Cluster, Node
from inventory.models.fact import Fact
from inventory.projection import Change, Changes
from inventory.rows import (
    TABLES,
    content_fields,
    lookup_for,
    narrowed,
    row_of,
    written_fields,
)
from portal import live
from portal.scope import scope
from portal.viewer import Viewer

BATCH_ROWS = 500
PRESENT: dict[str, None] = {"gone_at": None}
WATCHER = Viewer.system("watcher")


def apply_batch(
    *,
    cluster_id: int,
    kind: str,
    upserts: Sequence[Record],
    deletes: Collection[str] = (),
    full: bool = False,
    unreadable: Collection[str] = (),
    now: datetime,
) -> Changes[Fact]:
    """Bring the rows of one kind in line with what a cluster said; return what changed.

    `deletes` are UIDs. With `full`, `upserts` is the whole list and every other row goes, but for
    the UIDs in `unreadable`: the list had them, too. An empty one among them may be any, so nothing
    goes then that was not said to be deleted. Rows whose content is the same are not touched, so a
    relist that finds nothing writes nothing.
    Projectors run in the same transaction and may undo it by raising. A cluster that has been
    removed is not heard any more.
    """
    latest = {record.uid: record for record in upserts}
    with scope(WATCHER):
        mirror_lock([cluster_id])
        if Cluster.objects.filter(pk=cluster_id, state=ClusterState.REMOVED).exists():
            return Changes(cluster_id, kind, now, full)
        known = _known(cluster_id, kind, None if full else [*latest, *deletes])
        gone = set(known) - set(latest)
        if not full or "" in unreadable:
            gone &= set(deletes)
        gone -= set(unreadable) - set(deletes)
        fresh = [
            record
            for record in latest.values()
            if _is_news(known.get(record.uid), record.resource_version, full=full)
        ]
        gone |= _replaced_nodes(cluster_id, kind, fresh) if fresh else set()
        if not fresh and not gone:
            return Changes(cluster_id, kind, now, full)
        items = _remove(cluster_id, kind, gone, now) + _write(cluster_id, kind, fresh, now)
        changes = Changes(cluster_id, kind, now, full, items)
        if changes:
            batch_follow(changes)
            projection.run(changes)
            live.publish(f"cluster:{cluster_id}", kind, cluster=cluster_id)
    return changes


def _rows(cluster_id: int, kind: str) -> QuerySet[Fact]:
    model = TABLES[kind]
    rows: QuerySet[Fact] = model._default_manager.filter(cluster_id=cluster_id, **narrowed(kind))
    return rows.filter(**PRESENT) if model is Node else rows


def _known(cluster_id: int, kind: str, uids: Collection[str] | None) -> dict[str, str]:
    rows = _rows(cluster_id, kind)
    if uids is not None:
        rows = rows.filter(uid__in=uids)
    return dict(rows.values_list("uid", "resource_version"))


def _is_news(known_version: str | None, version: str, *, full: bool) -> bool:
    """Tell whether a version is not the one we have, nor an older one that a watch replays.

    A whole list is always right, even where a restored cluster counts from a lower number again.
    """
    if known_version is None or full:
        return version != known_version
    return version != known_version and not _went_back(known_version, version)


def _went_back(known_version: str, version: str) -> bool:
    """Versions of one kind may be ordered where they are numbers (KEP-5504)."""
    numbers = known_version.isdecimal() and version.isdecimal()
    return numbers and int(version) < int(known_version)


def _replaced_nodes(cluster_id: int, kind: str, fresh: Sequence[Record]) -> set[str]:
    """UIDs of nodes that must have gone, since another of the same name has come."""
    if kind != FactKind.NODES:
        return set()
    uids = {record.uid for record in fresh}
    same = _rows(cluster_id, kind).filter(name__in=[record.name for record in fresh])
    return set(same.values_list("uid", flat=True)) - uids


def _remove(cluster_id: int, kind: str, uids: set[str], now: datetime) -> list[Change[Fact]]:
    if not uids:
        return []
    before = list(_rows(cluster_id, kind).filter(uid__in=uids))
    if kind == FactKind.NODES:
        Node.objects.filter(pk__in=[row.pk for row in before]).update(gone_at=now, seen_at=now)
    else:
        rows = TABLES[kind]._default_manager.filter(pk__in=[row.pk for row in before])
        rows._raw_delete(rows.db)  # nothing refers to a fact, so nothing has to be collected
    return [Change(before=row, after=None) for row in before]


def _write(
    cluster_id: int, kind: str, fresh: Sequence[Record], now: datetime
) -> list[Change[Fact]]:
    changes: list[Change[Fact]] = []
    for start in range(0, len(fresh), BATCH_ROWS):
        part = fresh[start : start + BATCH_ROWS]
        old = {r.uid: r for r in _rows(cluster_id, kind).filter(uid__in=[p.uid for p in part])}
        lookup = lookup_for(kind, cluster_id, part)
        new = [row_of(kind, cluster_id, record, lookup, now) for record in part]
        changes += [
            Change(before=old.get(row.uid), after=row)
            for row in new
            if row.uid not in old or _differs(old[row.uid], row)
        ]
    model = TABLES[kind]
    model._default_manager.bulk_create(
        [change.row for change in changes],
        batch_size=BATCH_ROWS,
        update_conflicts=True,
        unique_fields=["cluster", "uid"],
        update_fields=written_fields(model),
    )
    return changes


def _differs(old: Fact, new: Fact) -> bool:
    if _went_back(old.resource_version, new.resource_version):
        return True
    return any(getattr(old, name) != getattr(new, name) for name in content_fields(type(new)))
