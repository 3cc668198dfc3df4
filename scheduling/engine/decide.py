"""The decision: pure, deterministic, and able to say why.

Order of checks: whether open capacity is offered at all, quota of the tenant itself, then of its
parents upwards, then room in the pool.
Each replica goes to the node that it fits best: one without devices it did not ask for, then the
one with the least left over. Ties go to the lower name, so the same snapshot always gives the
same answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from scheduling.engine.types import (
    Amounts,
    Ask,
    Check,
    ClusterView,
    Decision,
    NodeRefusal,
    NodeView,
    Placement,
    Policy,
    QuotaLevel,
    Snapshot,
    Verdict,
)

PLAIN = ("cpu", "memory", "pods", "ephemeral-storage", "hugepages-1Gi", "hugepages-2Mi")
Room = dict[str, dict[str, int]]


def decide(snapshot: Snapshot, ask: Ask, policy: Policy) -> Decision:
    """Answer whether and where `ask` fits now, later, or never."""
    offered = list(_open_checks(snapshot.clusters, ask))
    quota = list(_quota_checks(snapshot.levels, ask)) if policy.check_quota else []
    usable = [node for node in snapshot.nodes if _usable(node, snapshot, ask, policy)]
    placements = _best_cluster(usable, ask, lambda node: node.free)
    room = _room_check(usable, ask, fits=placements is not None)
    checks = (*offered, *quota, room)
    refused = _refusals(snapshot, ask, policy, placements or ())
    if all(check.ok for check in checks) and placements is not None:
        return Decision(Verdict.FITS, checks, placements, refused)
    return Decision(_later_or_never(quota, snapshot, ask), checks, (), refused)


def _open_checks(clusters: Iterable[ClusterView], ask: Ask) -> Iterable[Check]:
    """One that failed, where no cluster that is asked for offers open capacity of this shape."""
    closed = [
        Check(rule=rule, ok=False, scope=view.name, resource=resource)
        for view in clusters
        if ask.cluster in (None, view.name)
        for rule, resource in [_closed(view, ask)]
    ]
    if closed and all(check.rule for check in closed):
        yield closed[0]


def _closed(view: ClusterView, ask: Ask) -> tuple[str, str]:
    """The rule that keeps open capacity away from a cluster, and its resource; empty for none."""
    if not ask.is_open:
        return "", ""
    mixed = sorted(resource for resource in ask.shape if resource in view.mixed)
    if mixed:
        return "open.one-type", mixed[0]
    return ("", "") if view.fenced else ("open.policies", "")


def _quota_checks(levels: Iterable[QuotaLevel], ask: Ask) -> Iterable[Check]:
    for level in reversed(tuple(levels)):
        for resource, asked in sorted(ask.total.items()):
            limit = level.cap.get(resource, 0)
            now = level.allocated.get(resource, 0)
            short = max(0, now + asked - limit)
            yield Check(
                rule="quota.cap" if level.tenant_key == ask.tenant_key else "quota.parent",
                ok=asked == 0 or short == 0,
                scope=level.tenant_key,
                resource=resource,
                limit=limit,
                now=now,
                asked=asked,
                short_by=short or None,
            )


def _room_check(usable: list[NodeView], ask: Ask, *, fits: bool) -> Check:
    """How many pieces fit in the best cluster, in pieces; names the scarcest resource."""
    counts: Counter[str] = Counter()
    for node in usable:
        counts[node.cluster] += _pieces(node.free, ask.room)
    best = max(counts.values(), default=0)
    return Check(
        rule="room",
        ok=fits,
        resource=_scarcest(usable, ask),
        limit=best,
        now=0,
        asked=ask.replicas,
        short_by=None if fits else max(1, ask.replicas - best),
    )


def _later_or_never(quota: list[Check], snapshot: Snapshot, ask: Ask) -> Verdict:
    """Never only where it would not fit on the empty pool with every node and cluster back.

    A node that is cordoned or not ready and a cluster that is away come back by themselves or by
    an administrator's hand; a taint that the pool does not tolerate was put there to stay.
    """
    if any(not check.ok and (check.asked or 0) > (check.limit or 0) for check in quota):
        return Verdict.CANNOT
    may_come = [
        node
        for node in snapshot.nodes
        if node.blockers != ("tainted",) and ask.cluster in (None, node.cluster)
    ]
    empty = _best_cluster(may_come, ask, lambda node: node.allocatable)
    return Verdict.WAIT if empty is not None else Verdict.CANNOT


def _usable(node: NodeView, snapshot: Snapshot, ask: Ask, policy: Policy) -> bool:
    return _blocker(node, snapshot, ask, policy) == ""


def _blocker(node: NodeView, snapshot: Snapshot, ask: Ask, policy: Policy) -> str:
    if node.blockers:
        return node.blockers[0]
    if node.uid in policy.avoid:
        return "avoided"
    if ask.cluster is not None and node.cluster != ask.cluster:
        return "other-cluster"
    view = next((view for view in snapshot.clusters if view.name == node.cluster), None)
    if view is None:
        return "unknown-cluster"
    return view.blocker or _closed(view, ask)[0]


def _best_cluster(
    nodes: list[NodeView], ask: Ask, amounts: Callable[[NodeView], Amounts]
) -> tuple[Placement, ...] | None:
    """The cluster that needs the fewest nodes; None where no cluster takes every replica."""
    answers = []
    for cluster in sorted({node.cluster for node in nodes}):
        placed = _place([node for node in nodes if node.cluster == cluster], ask, amounts)
        if placed is not None:
            answers.append(placed)
    return min(answers, key=len) if answers else None


def _place(
    nodes: list[NodeView], ask: Ask, amounts: Callable[[NodeView], Amounts]
) -> tuple[Placement, ...] | None:
    room: Room = {node.uid: dict(amounts(node)) for node in nodes}
    by_uid = {node.uid: node for node in nodes}
    placed: Counter[str] = Counter()
    for _replica in range(ask.replicas):
        fitting = [uid for uid, free in room.items() if _pieces(free, ask.room) > 0]
        if not fitting:
            return None
        uid = min(fitting, key=lambda uid: _leftover(by_uid[uid], room[uid], ask.shape))
        for resource, amount in ask.room.items():
            room[uid][resource] = room[uid].get(resource, 0) - amount
        placed[uid] += 1
    chosen = sorted(placed, key=lambda uid: by_uid[uid].name)
    return tuple(
        Placement(uid, by_uid[uid].name, by_uid[uid].cluster, placed[uid]) for uid in chosen
    )


def _leftover(node: NodeView, free: Amounts, shape: Amounts) -> tuple[int, int, int, int, str]:
    """Best fit first: no devices wasted, then least devices, processor and memory left over."""
    wasted = sum(
        amount
        for resource, amount in node.allocatable.items()
        if resource not in PLAIN and resource not in shape
    )
    devices = sum(free.get(key, 0) - amount for key, amount in shape.items() if key not in PLAIN)
    cpu = free.get("cpu", 0) - shape.get("cpu", 0)
    memory = free.get("memory", 0) - shape.get("memory", 0)
    return (wasted, devices, cpu, memory, node.name)


def _pieces(free: Mapping[str, int], shape: Amounts) -> int:
    """How many pieces of `shape` fit into `free`."""
    counts = [max(0, free.get(key, 0)) // amount for key, amount in shape.items() if amount > 0]
    return min(counts, default=0)


def _scarcest(nodes: list[NodeView], ask: Ask) -> str:
    """The resource of which the fewest pieces are free over all nodes."""
    sums = {
        resource: sum(max(0, node.free.get(resource, 0)) // amount for node in nodes)
        for resource, amount in sorted(ask.room.items())
    }
    return min(sums, key=lambda resource: sums[resource], default="")


def _refusals(
    snapshot: Snapshot, ask: Ask, policy: Policy, placements: tuple[Placement, ...]
) -> tuple[NodeRefusal, ...]:
    chosen = {placement.node_uid for placement in placements}
    return tuple(
        _refusal(node, snapshot, ask, policy) for node in snapshot.nodes if node.uid not in chosen
    )


def _refusal(node: NodeView, snapshot: Snapshot, ask: Ask, policy: Policy) -> NodeRefusal:
    code = _blocker(node, snapshot, ask, policy)
    if code:
        return NodeRefusal(node.name, node.cluster, code)
    for resource, asked in sorted(ask.room.items()):
        free = node.free.get(resource, 0)
        if free < asked:
            return NodeRefusal(node.name, node.cluster, "no-room", resource, free, asked)
    return NodeRefusal(node.name, node.cluster, "not-needed")
