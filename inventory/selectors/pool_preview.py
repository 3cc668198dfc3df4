"""Which nodes a pool has, or would have: the answer while somebody types its conditions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from inventory.divide import Labels, PoolRule, pool_of, requirement_holds
from inventory.models import Node
from inventory.rows import pool_rules
from inventory.selectors.nodes import Amounts, Capacity
from inventory.selectors.overview import DeviceAmount, device_amounts

SHOWN = 30
NEW = -1  # stands for the id of a pool that has none yet


@dataclass(frozen=True, slots=True)
class MatchedNode:
    """A node that fits the conditions; `taken_by` names an earlier pool that has it already."""

    cluster: str
    name: str
    ready: bool
    now_in: str
    taken_by: str = ""


@dataclass(frozen=True, slots=True)
class PoolPreview:
    """What the conditions would give. `leaving` counts nodes that the pool has now and would lose;
    `coming` counts by pool ("" for none) the nodes that it would get from others.
    """

    matched: int
    taken: int
    gets: int
    leaving: int
    coming: dict[str, int]
    capacity: Capacity
    devices: list[DeviceAmount]
    nodes: list[MatchedNode] = field(default_factory=list)


def pool_preview(
    *,
    selector: Sequence[dict[str, object]],
    cluster_ids: frozenset[int],
    pool_id: int | None = None,
) -> PoolPreview:
    """Divide the nodes as if the pool had these conditions; a new one comes last. Reads only."""
    key = NEW if pool_id is None else pool_id
    rule = PoolRule(key, "", selector, cluster_ids)
    rules = _with(pool_rules(), rule)
    names = {known.pool_id: known.name for known in rules}
    found = _Found()
    for node in Node.objects.filter(gone_at=None).select_related("cluster", "pool"):
        matches = _fits(rule, node.cluster_id, node.labels)
        owner = pool_of(rules, node.cluster_id, node.labels) if matches else None
        gets = owner is not None and owner.pool_id == key
        taken_by = names[owner.pool_id] if owner and not gets else ""
        found.add(node, matches=matches, gets=gets, taken_by=taken_by, key=key)
    return found.preview()


class _Found:
    """Counts while the nodes pass by."""

    def __init__(self) -> None:
        self.nodes: list[MatchedNode] = []
        self.coming: Counter[str] = Counter()
        self.installed: Counter[str] = Counter()
        self.usable: Counter[str] = Counter()
        self.gets = self.usable_nodes = self.leaving = 0

    def add(self, node: Node, *, matches: bool, gets: bool, taken_by: str, key: int) -> None:
        """Take one node into the account."""
        if not gets:
            self.leaving += node.pool_id == key
        else:
            self._got(node, key)
        if matches:
            now_in = node.pool.name if node.pool else ""
            self.nodes.append(
                MatchedNode(node.cluster.name, node.name, node.ready, now_in, taken_by)
            )

    def _got(self, node: Node, key: int) -> None:
        self.gets += 1
        self.installed.update(node.capacity)
        if node.takes_pods:
            self.usable.update(node.allocatable)
            self.usable_nodes += 1
        if node.pool_id != key:
            self.coming[node.pool.name if node.pool else ""] += 1

    def preview(self) -> PoolPreview:
        """The sums."""
        capacity = Capacity(self.gets, self.usable_nodes, dict(self.installed), dict(self.usable))
        return PoolPreview(
            matched=len(self.nodes),
            taken=sum(bool(node.taken_by) for node in self.nodes),
            gets=self.gets,
            leaving=self.leaving,
            coming=dict(self.coming),
            capacity=capacity,
            devices=device_amounts(capacity),
            nodes=sorted(self.nodes, key=lambda n: (bool(n.taken_by), n.cluster, n.name))[:SHOWN],
        )


def _fits(rule: PoolRule, cluster_id: int, labels: Labels) -> bool:
    inside = not rule.cluster_ids or cluster_id in rule.cluster_ids
    return inside and all(requirement_holds(term, labels) for term in rule.selector)


def _with(rules: list[PoolRule], rule: PoolRule) -> list[PoolRule]:
    if rule.pool_id == NEW:
        return [*rules, rule]
    return [rule if known.pool_id == rule.pool_id else known for known in rules]


__all__ = ["Amounts", "MatchedNode", "PoolPreview", "pool_preview"]
