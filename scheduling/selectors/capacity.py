"""What a pool has, what of it can be used, and what is promised and free."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from inventory.models import Node, Pool
from scheduling.engine import Amounts
from scheduling.models import NodeCommitment, Quota


@dataclass(frozen=True, slots=True)
class PoolCapacity:
    """Amounts of a pool: `installed` on all its nodes, `usable` on those that take pods.

    `foreign` and `committed` are of the usable nodes; `free` adds up what each usable node has
    left, so that an over-committed node takes nothing from another. `promised` is what the roots
    of the tree are guaranteed.
    """

    installed: Amounts
    usable: Amounts
    foreign: Amounts
    committed: Amounts
    free: Amounts
    promised: Amounts


def usable_nodes() -> Q:
    """Nodes that take pods: there, ready, not cordoned."""
    return Q(gone_at=None, ready=True, schedulable=True)


def pool_usable(*, pool: Pool) -> Amounts:
    """What the usable nodes of a pool can hand out."""
    return pool_capacity(pool=pool).usable


def pool_capacity(*, pool: Pool) -> PoolCapacity:
    """Add up a pool over its clusters, in three queries."""
    nodes = list(Node.objects.filter(pool=pool, gone_at=None))
    usable = {node.uid for node in nodes if node.takes_pods}
    sums: dict[str, Counter[str]] = {
        name: Counter() for name in ("installed", "usable", "foreign", "committed", "free")
    }
    for node in nodes:
        sums["installed"].update(node.capacity)
        if node.uid in usable:
            sums["usable"].update(node.allocatable)
    for row in _rows(nodes):
        if row.node_uid in usable:
            sums["foreign"][row.resource] += row.foreign
            sums["committed"][row.resource] += row.committed
            sums["free"][row.resource] += max(0, row.free)
    return PoolCapacity(promised=_promised(pool), **sums)


def _rows(nodes: list[Node]) -> QuerySet[NodeCommitment]:
    return NodeCommitment.objects.filter(node_uid__in=[node.uid for node in nodes])


def _promised(pool: Pool) -> Amounts:
    promised: Counter[str] = Counter()
    roots = Quota.objects.filter(pool=pool, node__parent=None)
    for resource, amount in roots.values_list("resource", "guaranteed"):
        promised[resource] += amount
    return promised
