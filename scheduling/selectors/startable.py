"""What a tenant could start this minute: the engine asked for one piece of some usual sizes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inventory.models import Node, Pool
from scheduling.engine import Amounts, Ask, Check, Policy, QuotaLevel, Snapshot, decide
from scheduling.models import NodeCommitment
from scheduling.rules import NODE_SIZE, QUOTA_PARENT, ROOM
from scheduling.selectors.devices import PLAIN
from scheduling.selectors.quota_own import Levels
from scheduling.selectors.snapshot import cluster_views, node_view

GIB = 1024**3
PER_DEVICE = {"cpu": 1000, "memory": 4 * GIB}
PLAIN_PIECE = {"cpu": 4000, "memory": 16 * GIB}


@dataclass(frozen=True, slots=True)
class Startable:
    """`count` pieces of `shape` fit now; `limit` names what ends it: "quota" of its own,
    "quota-above" of a parent, or "room".
    """

    pool: str
    shape: Mapping[str, int]
    device: str
    size: int
    count: int
    limit: str


def startable(*, tenant_key: str, levels: Levels) -> list[Startable]:
    """The largest and the smallest usual piece of each pool in which the tenant has quota.

    What can't be started now comes last. Three queries, whatever the number of pools; reserves
    nothing.
    """
    wanted = [pool_id for pool_id, chain in levels.items() if chain and any(chain[-1].cap.values())]
    nodes = list(
        Node.objects.filter(pool_id__in=wanted, gone_at=None)
        .select_related("cluster", "pool")
        .order_by("name")
    )
    rooms = _rooms([node.uid for node in nodes])
    by_pool: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        if node.pool_id is not None:
            by_pool[node.pool_id].append(node)
    found: list[Startable] = []
    for pool in Pool.objects.filter(pk__in=wanted):
        snapshot = _snapshot(by_pool[pool.pk], rooms, pool, levels[pool.pk])
        found += _of_pool(snapshot, pool, tenant_key)
    return sorted(found, key=lambda piece: not piece.count)


def _rooms(uids: list[str]) -> dict[tuple[int, str], dict[str, NodeCommitment]]:
    rooms: dict[tuple[int, str], dict[str, NodeCommitment]] = defaultdict(dict)
    for row in NodeCommitment.objects.filter(node_uid__in=uids):
        rooms[row.cluster_id, row.node_uid][row.resource] = row
    return rooms


def _snapshot(
    nodes: list[Node],
    rooms: Mapping[tuple[int, str], dict[str, NodeCommitment]],
    pool: Pool,
    levels: tuple[QuotaLevel, ...],
) -> Snapshot:
    views = (node_view(node, pool, rooms.get((node.cluster_id, node.uid), {})) for node in nodes)
    return Snapshot(
        nodes=tuple(views),
        clusters=cluster_views(nodes),
        levels=levels,
    )


def _of_pool(snapshot: Snapshot, pool: Pool, tenant_key: str) -> Iterable[Startable]:
    given = {name for name, cap in snapshot.levels[-1].cap.items() if cap}
    devices = sorted(given - PLAIN)
    if not devices:
        yield _piece(snapshot, pool, tenant_key, "", 0, PLAIN_PIECE)
    for device in devices:
        most = max((node.allocatable.get(device, 0) for node in snapshot.nodes), default=0)
        for size in sorted({most, 1} - {0}, reverse=True):
            shape = {name: amount * size for name, amount in PER_DEVICE.items()} | {device: size}
            yield _piece(snapshot, pool, tenant_key, device, size, shape)


def _piece(
    snapshot: Snapshot, pool: Pool, tenant_key: str, device: str, size: int, shape: dict[str, int]
) -> Startable:
    decision = decide(snapshot, Ask(tenant_key, 1, shape), Policy())
    count, limit = min(_bound(check, shape) for check in decision.checks)
    return Startable(pool.name, shape, device, size, count, limit)


def _bound(check: Check, shape: Amounts) -> tuple[int, str]:
    """How many pieces a check lets through, and what it is about."""
    if check.rule in (ROOM, NODE_SIZE):
        return (check.limit or 0) if check.rule == ROOM else 0, "room"
    left = max(0, (check.limit or 0) - (check.now or 0))
    return left // shape[check.resource], "quota-above" if check.rule == QUOTA_PARENT else "quota"
