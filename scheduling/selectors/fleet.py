"""What all nodes have, what of it can be used, is taken and is free: one query for any size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import astuple, dataclass

from django.db import connection

from inventory.choices import ClusterState

NODES = "nodes"  # not a resource: how many nodes, and how many of them take pods

# A node takes pods where Node.takes_pods holds: it is ready and schedulable, and its cluster is not
# away. committed counts on every node, whatever its state; stranded is the part of it on nodes that
# take no pods. foreign counts on usable nodes alone, so that committed - stranded + foreign + free
# is usable. free adds up what each usable node has left, so that an over-committed node takes
# nothing from another; over counts rows where more is taken than there is.
SUMS = """
WITH node AS (
    SELECT cluster_id, pool_id, uid, capacity, allocatable,
        ready AND schedulable AND cluster.state = %(connected)s AS takes
    FROM inventory_node JOIN inventory_cluster AS cluster ON cluster.id = cluster_id
    WHERE gone_at IS NULL AND (%(pool)s::bigint IS NULL OR pool_id = %(pool)s)
), part AS (
    SELECT cluster_id, pool_id, had.key AS resource, had.value::bigint AS installed,
        0::bigint AS usable, 0::bigint AS other, 0::bigint AS committed, 0::bigint AS stranded,
        0::bigint AS free, 0 AS over
    FROM node, jsonb_each_text(capacity) AS had
    UNION ALL
    SELECT cluster_id, pool_id, had.key, 0, had.value::bigint, 0, 0, 0, 0, 0
    FROM node, jsonb_each_text(allocatable) AS had WHERE takes
    UNION ALL
    SELECT node.cluster_id, node.pool_id, room.resource, 0, 0,
        CASE WHEN takes THEN room.foreign ELSE 0 END,
        room.committed,
        CASE WHEN takes THEN 0 ELSE room.committed END,
        CASE WHEN takes THEN greatest(0, room.allocatable - room.foreign - room.committed)
            ELSE 0 END,
        (room.allocatable < room.foreign + room.committed)::int
    FROM node JOIN scheduling_nodecommitment AS room
        ON room.cluster_id = node.cluster_id AND room.node_uid = node.uid
    UNION ALL
    SELECT cluster_id, pool_id, 'nodes', 1, takes::int, 0, 0, 0, 0, 0 FROM node
)
SELECT cluster_id, pool_id, resource, sum(installed)::bigint, sum(usable)::bigint,
    sum(other)::bigint, sum(committed)::bigint, sum(stranded)::bigint, sum(free)::bigint,
    sum(over)::bigint
FROM part
WHERE resource IN ('cpu', 'memory', 'nodes')
    OR resource IN (SELECT name FROM inventory_devicetype)
GROUP BY cluster_id, pool_id, resource
"""


@dataclass(frozen=True, slots=True)
class Sum:
    """Amounts of one resource.

    `foreign` is held by pods that are not Berth's, on usable nodes; `stranded` is the part of
    `committed` that stands on nodes which take no pods.
    """

    installed: int = 0
    usable: int = 0
    foreign: int = 0
    committed: int = 0
    stranded: int = 0
    free: int = 0
    over: int = 0

    @property
    def in_use(self) -> int:
        """What of the usable is committed."""
        return self.committed - self.stranded

    def __add__(self, other: Sum) -> Sum:
        return Sum(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


Sums = dict[str, Sum]


@dataclass(frozen=True, slots=True)
class Fleet:
    """Sums by (cluster id, pool id or None) and resource; "nodes" counts nodes."""

    rows: dict[tuple[int, int | None], Sums]

    def cluster(self, cluster_id: int) -> Sums:
        """One cluster over all its pools."""
        return _added(sums for (key, _pool), sums in self.rows.items() if key == cluster_id)

    def pool(self, pool_id: int) -> Sums:
        """One pool over all its clusters."""
        return _added(sums for (_cluster, key), sums in self.rows.items() if key == pool_id)

    @property
    def total(self) -> Sums:
        """Everything."""
        return _added(self.rows.values())

    @property
    def device_types(self) -> list[str]:
        """Device types that some node has."""
        return devices_in(self.total)


def fleet_sums(*, pool_id: int | None = None) -> Fleet:
    """Add up all nodes, or those of one pool; one query."""
    found: dict[tuple[int, int | None], Sums] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(SUMS, {"pool": pool_id, "connected": ClusterState.CONNECTED})
        for cluster, pool, resource, *amounts in cursor.fetchall():
            found[cluster, pool][resource] = Sum(*amounts)
    return Fleet(dict(found))


def devices_in(names: Iterable[str]) -> list[str]:
    """Device types among names of resources."""
    return sorted(set(names) - {"cpu", "memory", NODES})


def resources_ordered(names: Iterable[str]) -> list[str]:
    """Devices first, then processor and memory: the order in which people ask."""
    known = set(names)
    return [*devices_in(known), *(name for name in ("cpu", "memory") if name in known)]


def _added(many: Iterable[Sums]) -> Sums:
    total: Sums = {}
    for sums in many:
        for resource, amount in sums.items():
            total[resource] = total.get(resource, Sum()) + amount
    return total
