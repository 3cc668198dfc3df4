"""How the nodes of one cluster fall into pools and device types: the last step of joining."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from inventory.divide import unknown_keys
from inventory.models import Node
from inventory.models.node import TAKES_PODS
from inventory.selectors.nodes import Capacity


@dataclass(frozen=True, slots=True)
class Division:
    """Nodes of a cluster by pool ("" for none), and device keys that no mapping knows."""

    nodes: int
    pools: list[tuple[str, int]]
    unpooled: int
    unknown: dict[str, int]
    capacity: Capacity


def division_of(*, cluster_id: int) -> Division:
    """Divide the present nodes of a cluster; one query."""
    there = Node.objects.filter(cluster_id=cluster_id, gone_at=None)
    rows = there.annotate(takes=TAKES_PODS).values_list(
        "pool__name", "takes", "capacity", "allocatable"
    )
    pools: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    installed: Counter[str] = Counter()
    usable: Counter[str] = Counter()
    usable_nodes = 0
    for pool, takes, capacity, allocatable in rows:
        pools[pool or ""] += 1
        unknown.update(unknown_keys(capacity))
        installed.update(capacity)
        if takes:
            usable_nodes += 1
            usable.update(allocatable)
    nodes = sum(pools.values())
    unpooled = pools.pop("", 0)
    return Division(
        nodes=nodes,
        pools=sorted(pools.items()),
        unpooled=unpooled,
        unknown=dict(sorted(unknown.items())),
        capacity=Capacity(nodes, usable_nodes, dict(installed), dict(usable)),
    )
