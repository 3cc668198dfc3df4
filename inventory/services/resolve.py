"""Dividing the nodes anew after a pool or a device mapping has changed."""

from __future__ import annotations

from copy import copy
from datetime import datetime

from inventory import projection
from inventory.aftermath import pool_label_request
from inventory.choices import FactKind
from inventory.locks import mirror_lock
from inventory.models import Cluster, Node
from inventory.models.fact import Fact
from inventory.projection import Change, Changes
from inventory.rows import Lookup, device_rules, node_division, pool_rules
from portal import live

FIELDS = ("pool_id", "allocatable", "capacity")


def nodes_resolve(*, now: datetime, cluster_id: int | None = None) -> int:
    """Give every present node its pool and device types; return how many changed.

    Works from the mirror, inside the caller's transaction; projectors hear of it as of any facts,
    and nodes whose label became wrong are asked to be labelled.
    """
    every = Cluster.objects.values_list("pk", flat=True)
    mirror_lock(every if cluster_id is None else [cluster_id])
    lookup = Lookup(pools=pool_rules(), devices=device_rules())
    nodes = Node.objects.filter(gone_at=None).select_for_update().order_by("cluster_id", "uid")
    if cluster_id is not None:
        nodes = nodes.filter(cluster_id=cluster_id)
    by_cluster: dict[int, list[Change[Fact]]] = {}
    for node in nodes:
        values = node_division(
            node.cluster_id, node.labels, node.raw_allocatable, node.raw_capacity, lookup
        )
        if all(getattr(node, field) == values[field] for field in FIELDS):
            continue
        before = copy(node)
        for field in FIELDS:
            setattr(node, field, values[field])
        by_cluster.setdefault(node.cluster_id, []).append(Change(before=before, after=node))
    for changed_id, items in by_cluster.items():
        rows = [change.after for change in items if isinstance(change.after, Node)]
        Node.objects.bulk_update(rows, ["pool", "allocatable", "capacity"], batch_size=500)
        changes: Changes[Fact] = Changes(changed_id, FactKind.NODES, now, full=False, items=items)
        pool_label_request(changes)
        projection.run(changes)
        live.publish(f"cluster:{changed_id}", "nodes", cluster=changed_id)
    return sum(map(len, by_cluster.values()))
