"""The decision: pure, deterministic, and able to say why.

Order of checks: whether open capacity is offered at all, whether one piece is larger than every
node, quota of the tenant itself, then of its parents upwards, then room in the pool.
Each replica goes to the node that it fits best: one without devices it did not ask for, then the
one with the least left over. Ties go to the lower name, so the same snapshot always gives the
same answer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

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


@dataclass(frozen=True, slots=True)
class _Seat:
    """A node as one ask meets it: what keeps the ask away, and how many pieces it takes."""

    node: NodeView
    blocker: str
    pieces: int


def decide(snapshot: Snapshot, ask: Ask, policy: Policy) -> Decision:
    """Answer whether and where `ask` fits now, later, or never."""
    room = ask.room
    seats = _seats(snapshot, ask, room, policy)
    offered = [*_open_checks(snapshot.clusters, ask), *_size_checks(_back(snapshot, ask), room)]
    quota = list(_quota_checks(snapshot.levels, ask)) if policy.check_quota else []
    placements = _best_cluster([seat for seat in seats if seat.pieces], ask, room)
    checks = (*offered, *quota, _room_check(seats, ask, room, fits=placements is not None))
    if all(check.ok for check in checks) and placements is not None:
        chosen = {placement.node_uid for placement in placements}
        return Decision(Verdict.FITS, checks, placements, _refusals(seats, room, chosen))
    verdict = _later_or_never(quota, snapshot, ask, room)
    return Decision(verdict, checks, (), _refusals(seats, room, None))


def _seats(snapshot: Snapshot, ask: Ask, room: Amounts, policy: Policy) -> list[_Seat]:
    closed = {view.name: view.blocker or _closed(view, ask)[0] for view in snapshot.clusters}
    seats = []
    for node in snapshot.nodes:
        blocker = _blocker(node, ask, policy, closed)
        seats.append(_Seat(node, blocker, 0 if blocker else _pieces(node.free, room)))
    return seats


def _blocker(node: NodeView, ask: Ask, policy: Policy, closed: Mapping[str, str]) -> str:
    if node.blockers:
        return node.blockers[0]
    if node.uid in policy.avoid:
        return "avoided"
    if ask.cluster is not None and node.cluster != ask.cluster:
        return "other-cluster"
    return closed.get(node.cluster, "unknown-cluster")


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


def _size_checks(nodes: list[NodeView], room: Amounts) -> Iterable[Check]:
    """One that failed, where a piece takes more of something than any node has, also if empty."""
    for resource, asked in devices_first(room):
        most = max((node.allocatable.get(resource, 0) for node in nodes), default=0)
        if 0 < most < asked:
            yield Check(
                rule="room.node",
                ok=False,
                resource=resource,
                limit=most,
                asked=asked,
                short_by=asked - most,
            )
            return


def _quota_checks(levels: Iterable[QuotaLevel], ask: Ask) -> Iterable[Check]:
    for level in reversed(tuple(levels)):
        for resource, asked in devices_first(ask.total):
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


def devices_first(amounts: Amounts) -> list[tuple[str, int]]:
    """Resource and amount: devices are what people ask for, the others come with them."""
    return sorted(amounts.items(), key=lambda part: (part[0] in PLAIN, part[0]))


def _room_check(seats: list[_Seat], ask: Ask, room: Amounts, *, fits: bool) -> Check:
    """How many pieces fit in the best cluster, in pieces; names what no node has enough of."""
    counts: Counter[str] = Counter()
    for seat in seats:
        counts[seat.node.cluster] += seat.pieces
    best = max(counts.values(), default=0)
    return Check(
        rule="room",
        ok=fits,
        resource="" if fits else _lacking([s.node for s in seats if not s.blocker], room),
        limit=best,
        now=0,
        asked=ask.replicas,
        short_by=None if fits else max(1, ask.replicas - best),
    )


def _later_or_never(quota: list[Check], snapshot: Snapshot, ask: Ask, room: Amounts) -> Verdict:
    """Never only where it would not fit on the empty pool with every node and cluster back."""
    if any(not check.ok and (check.asked or 0) > (check.limit or 0) for check in quota):
        return Verdict.CANNOT
    empty: Counter[str] = Counter()
    for node in _back(snapshot, ask):
        empty[node.cluster] += _pieces(node.allocatable, room)
    fits = max(empty.values(), default=0) >= ask.replicas
    return Verdict.WAIT if fits else Verdict.CANNOT


def _back(snapshot: Snapshot, ask: Ask) -> list[NodeView]:
    """Nodes that an ask may hope for, with every node and cluster back.

    A node that is cordoned or not ready and a cluster that is away come back by themselves or by
    an administrator's hand; a taint that the pool does not tolerate was put there to stay.
    """
    return [
        node
        for node in snapshot.nodes
        if node.blockers != ("tainted",) and ask.cluster in (None, node.cluster)
    ]


def _best_cluster(seats: list[_Seat], ask: Ask, room: Amounts) -> tuple[Placement, ...] | None:
    """The cluster that needs the fewest nodes; None where no cluster takes every replica."""
    by_cluster: dict[str, list[_Seat]] = defaultdict(list)
    for seat in seats:
        by_cluster[seat.node.cluster].append(seat)
    answers = [
        _place(there, ask, room)
        for _cluster, there in sorted(by_cluster.items())
        if sum(seat.pieces for seat in there) >= ask.replicas
    ]
    return min(answers, key=len) if answers else None


def _place(seats: list[_Seat], ask: Ask, room: Amounts) -> tuple[Placement, ...]:
    """Piece after piece to the node that it fits best; there is room for all of them."""
    left = {seat.node.uid: dict(seat.node.free) for seat in seats}
    by_uid = {seat.node.uid: seat for seat in seats}
    queue = [(_leftover(seat.node, seat.node.free, ask.shape), seat.node.uid) for seat in seats]
    heapify(queue)
    placed: Counter[str] = Counter()
    for _replica in range(ask.replicas):
        _key, uid = heappop(queue)
        for resource, amount in room.items():
            left[uid][resource] -= amount
        placed[uid] += 1
        if placed[uid] < by_uid[uid].pieces:
            heappush(queue, (_leftover(by_uid[uid].node, left[uid], ask.shape), uid))
    chosen = sorted((by_uid[uid].node for uid in placed), key=lambda node: node.name)
    return tuple(Placement(node.uid, node.name, node.cluster, placed[node.uid]) for node in chosen)


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


def _lacking(nodes: list[NodeView], room: Amounts) -> str:
    """The resource of which not one node has a piece's worth, devices first; empty for none."""
    found = (
        resource
        for resource, amount in devices_first(room)
        if nodes and all(node.free.get(resource, 0) < amount for node in nodes)
    )
    return next(found, "")


def _refusals(
    seats: list[_Seat], room: Amounts, chosen: set[str] | None
) -> tuple[NodeRefusal, ...]:
    """Why nodes took nothing; where nothing is placed at all (None), also those that have room."""
    fits = "has-room" if chosen is None else "not-needed"
    return tuple(
        _refusal(seat, room, fits) for seat in seats if seat.node.uid not in (chosen or ())
    )


def _refusal(seat: _Seat, room: Amounts, fits: str) -> NodeRefusal:
    node = seat.node
    if seat.blocker:
        return NodeRefusal(node.name, node.cluster, seat.blocker)
    if seat.pieces:
        return NodeRefusal(node.name, node.cluster, fits)
    resource = next(k for k, amount in devices_first(room) if node.free.get(k, 0) < amount)
    free, asked = node.free.get(resource, 0), room[resource]
    return NodeRefusal(node.name, node.cluster, "no-room", resource, free, asked)
