"""What approving one request would do to others that wait. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from scheduling.engine import (
    Ask,
    Decision,
    NodeView,
    Policy,
    QuotaLevel,
    Snapshot,
    Verdict,
    decide,
)


def snapshot_after(
    snapshot: Snapshot, *, ask: Ask, decision: Decision, chain: set[str]
) -> Snapshot:
    """The snapshot of another ask once `ask` is placed as decided.

    `chain` holds the tenants that `ask` is charged to: its own and all above it.
    """
    taken: Counter[str] = Counter()
    for placement in decision.placements:
        taken[placement.node_uid] += placement.replicas
    return replace(
        snapshot,
        nodes=tuple(_node_after(node, ask, taken[node.uid]) for node in snapshot.nodes),
        levels=tuple(_level_after(level, ask, chain) for level in snapshot.levels),
    )


def ousted(
    *, ask: Ask, snapshot: Snapshot, others: Iterable[tuple[int, Ask, Snapshot]]
) -> list[int]:
    """Ids of those in `others` that fit now and would not once `ask` is placed."""
    decision = decide(snapshot, ask, Policy())
    if decision.verdict != Verdict.FITS:
        return []
    chain = {level.tenant_key for level in snapshot.levels}
    found = []
    for ident, other, seen in others:
        after = snapshot_after(seen, ask=ask, decision=decision, chain=chain)
        fits = decide(seen, other, Policy()).verdict == Verdict.FITS
        if fits and decide(after, other, Policy()).verdict != Verdict.FITS:
            found.append(ident)
    return found


def _node_after(node: NodeView, ask: Ask, replicas: int) -> NodeView:
    if not replicas:
        return node
    taken = {**{name: amount * replicas for name, amount in ask.shape.items()}, "pods": replicas}
    return replace(node, free={name: free - taken.get(name, 0) for name, free in node.free.items()})


def _level_after(level: QuotaLevel, ask: Ask, chain: set[str]) -> QuotaLevel:
    if level.tenant_key not in chain:
        return level
    total = Counter(ask.total) + Counter(level.allocated)
    return replace(level, allocated=dict(total))
