"""Facts into commitments, in the transaction that writes the facts.

What stands on a node is a fact; what was decided for it follows: a pod that Kubernetes bound to
another node than planned takes its commitment along. Where facts leave less room than is
promised, the node is over-committed, and holders that are not bound there yet are placed anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import F, Q, QuerySet

from inventory.models import Node, Pod
from inventory.models.pod import DONE_PHASES
from inventory.rows import device_rules
from scheduling.choices import HOLDING_STATES, AllocationKind
from scheduling.engine import room_of
from scheduling.models import Allocation, Commitment, NodeCommitment, TenantNamespace
from scheduling.models.namespaces import NamespaceKind
from scheduling.selectors.devices import amounts_on
from scheduling.services.commitments import rows_lock, sums_refresh

Key = tuple[str, str]  # node uid, resource
OWN = "allocation:"  # what the holder of a workload begins with
MAX_DIGITS = 18  # of an allocation's number: a label may say anything


@dataclass(slots=True)
class Bound:
    """What pods hold on nodes: of each holder, and of everybody who is none of Berth's."""

    by_holder: dict[str, Counter[Key]] = field(default_factory=lambda: defaultdict(Counter))
    foreign: Counter[Key] = field(default_factory=Counter)
    tenants: dict[str, str] = field(default_factory=dict)


def nodes_project(*, cluster_id: int, node_names: Iterable[str]) -> set[str]:
    """Bring commitments in line with the facts of some nodes; return the over-committed ones.

    Runs in the transaction of the facts, in Berth's own scope. Answers node UIDs.
    """
    names = set(node_names)
    spaces = {space.name: space for space in TenantNamespace.objects.filter(cluster_id=cluster_id)}
    names |= _names_of_sharers(cluster_id, names, spaces)
    nodes = {node.uid: node for node in _nodes(cluster_id, names)}
    gone = _gone_uids(cluster_id, names, set(nodes))
    _rows_ensure(list(nodes.values()))
    locked = rows_lock(cluster_id=cluster_id, node_uids=[*nodes, *gone])
    bound = _bound(cluster_id, nodes, spaces)
    _facts_write(locked, nodes, bound)
    _holders_write(cluster_id, nodes, gone, bound)
    sums_refresh(cluster_id=cluster_id, node_uids=[*nodes, *gone])
    over = NodeCommitment.objects.filter(
        cluster_id=cluster_id,
        node_uid__in=[*nodes, *gone],
        allocatable__lt=F("foreign") + F("committed"),
    )
    return set(over.values_list("node_uid", flat=True))


def _names_of_sharers(
    cluster_id: int, names: set[str], spaces: dict[str, TenantNamespace]
) -> set[str]:
    """Nodes where those have commitments who have some, or pods, here: room moves between them."""
    here = Commitment.objects.filter(cluster_id=cluster_id, node_name__in=names)
    pods = _pods(cluster_id, names).values_list("namespace", "holder").distinct()
    holders = set(here.values_list("holder", flat=True))
    holders |= {holder_of(spaces.get(namespace), label) for namespace, label in pods} - {""}
    shared = Commitment.objects.filter(cluster_id=cluster_id, holder__in=holders)
    return set(shared.values_list("node_name", flat=True))


def _pods(cluster_id: int, node_names: Iterable[str]) -> QuerySet[Pod]:
    """Pods that have not ended, on some nodes."""
    there = Pod.objects.filter(cluster_id=cluster_id, node_name__in=node_names)
    return there.exclude(phase__in=DONE_PHASES)


def _nodes(cluster_id: int, names: set[str]) -> Iterable[Node]:
    return Node.objects.filter(cluster_id=cluster_id, name__in=names, gone_at=None)


def _gone_uids(cluster_id: int, names: set[str], there: set[str]) -> set[str]:
    rows = NodeCommitment.objects.filter(cluster_id=cluster_id, node_name__in=names)
    return set(rows.exclude(node_uid__in=there).values_list("node_uid", flat=True))


def _rows_ensure(nodes: list[Node]) -> None:
    NodeCommitment.objects.bulk_create(
        [
            NodeCommitment(
                cluster_id=node.cluster_id,
                node_uid=node.uid,
                node_name=node.name,
                resource=resource,
                allocatable=0,
            )
            for node in sorted(nodes, key=lambda node: node.uid)
            for resource in sorted(node.allocatable)
        ],
        ignore_conflicts=True,
    )


def _bound(cluster_id: int, nodes: dict[str, Node], spaces: dict[str, TenantNamespace]) -> Bound:
    rules = device_rules()
    by_name = {node.name: node for node in nodes.values()}
    pods = _pods(cluster_id, by_name)
    bound = Bound()
    for name, namespace, holder, requests in pods.values_list(
        "node_name", "namespace", "holder", "requests"
    ):
        node = by_name[name]
        found = Counter(
            {
                (node.uid, resource): amount
                for resource, amount in amounts_on(node=node, raw=requests, rules=rules).items()
            }
        )
        found[node.uid, "pods"] = 1
        key = holder_of(spaces.get(namespace), holder)
        if key:
            bound.by_holder[key].update(found)
            bound.tenants[key] = spaces[namespace].tenant_key
        else:
            bound.foreign.update(found)
    return bound


def holder_of(space: TenantNamespace | None, label: str) -> str:
    """Whose a pod is. The label counts only where nobody but Berth can have written it."""
    if space is None:
        return ""
    if space.kind == NamespaceKind.OPEN:
        return space.holder
    return f"{OWN}{label}" if label.isdecimal() and len(label) <= MAX_DIGITS else ""


def _facts_write(rows: list[NodeCommitment], nodes: dict[str, Node], bound: Bound) -> None:
    changed = []
    for row in rows:
        node = nodes.get(row.node_uid)
        allocatable = node.allocatable.get(row.resource, 0) if node else 0
        foreign = bound.foreign[row.node_uid, row.resource] if node else 0
        if (row.allocatable, row.foreign) != (allocatable, foreign):
            row.allocatable, row.foreign = allocatable, foreign
            row.generation += 1
            changed.append(row)
    NodeCommitment.objects.bulk_update(changed, ["allocatable", "foreign", "generation"])


def _holders_write(cluster_id: int, nodes: dict[str, Node], gone: set[str], bound: Bound) -> None:
    """Set what is bound, and move commitments to where pods really stand.

    On the locked nodes only: what a decision promises a holder elsewhere just now is left alone.
    """
    there = Commitment.objects.filter(cluster_id=cluster_id, node_uid__in=[*nodes, *gone])
    rows = list(there.order_by("node_uid", "resource", "holder"))
    holders = {row.holder for row in rows} | set(bound.by_holder)
    granted = _granted(cluster_id, holders)  # read after the rows: too much keeps more, never less
    by_holder: dict[tuple[str, str], list[Commitment]] = defaultdict(list)
    for row in rows:
        by_holder[row.holder, row.resource].append(row)
    for holder, amounts in bound.by_holder.items():
        have = {(row.node_uid, row.resource) for row in rows if row.holder == holder}
        for (uid, resource), amount in sorted(amounts.items()):
            if amount and (uid, resource) not in have:
                row = Commitment(
                    holder=holder,
                    tenant_key=bound.tenants[holder],
                    cluster_id=cluster_id,
                    node_uid=uid,
                    node_name=nodes[uid].name,
                    resource=resource,
                )
                by_holder[holder, resource].append(row)
    for (holder, resource), group in by_holder.items():
        most = granted[holder][resource]
        _group_settle(group, {*nodes, *gone}, bound.by_holder.get(holder, Counter()), most)


def _granted(cluster_id: int, holders: set[str]) -> dict[str, Counter[str]]:
    """What allocations were promised in all, by holder; nothing where all was given back.

    A mirror that lags shows pods of a holder that is through: their room must not outlive them.
    """
    spaces = TenantNamespace.objects.filter(cluster_id=cluster_id, kind=NamespaceKind.OPEN)
    open_ones = {space.pk: space.holder for space in spaces if space.holder in holders}
    keys = [holder.removeprefix(OWN) for holder in holders if holder.startswith(OWN)]
    pks = [int(key) for key in keys if key.isdecimal()]
    held = Allocation.objects.filter(state__in=HOLDING_STATES).filter(
        Q(namespace_id__in=open_ones) | Q(pk__in=pks, kind=AllocationKind.WORKLOAD)
    )
    granted: dict[str, Counter[str]] = {holder: Counter() for holder in holders}
    for allocation in held.only("namespace_id", "replicas", "shape"):
        holder = open_ones.get(allocation.namespace_id or 0, allocation.holder)
        for resource, amount in room_of(allocation.shape).items():
            granted[holder][resource] += amount * allocation.replicas
    return granted


def _group_settle(group: list[Commitment], seen: set[str], bound: Counter[Key], most: int) -> None:
    """One holder, one resource, all its nodes: cover what is bound, taking from spare room.

    `most` is what it was promised in all. Pods may hold more of what no quota limits (places for
    pods, disk); what they took beyond `most` goes with them.
    """
    before = {id(row): (row.committed, row.bound) for row in group}
    group.sort(key=lambda row: row.node_name)
    for row in group:
        if row.node_uid in seen:
            row.bound = bound[row.node_uid, row.resource]
    for row in group:
        _cover(row, group)
    _trim(group, most)
    for row in group:
        if row._state.adding:
            if row.committed:
                row.save(force_insert=True)
        elif not row.committed:
            row.delete()
        elif before[id(row)] != (row.committed, row.bound):
            row.save(update_fields=["committed", "bound"])


def _trim(group: list[Commitment], most: int) -> None:
    """Let go of spare room beyond what was promised."""
    surplus = sum(row.committed for row in group) - max(most, sum(row.bound for row in group))
    for row in group:
        take = min(max(0, surplus), max(0, row.committed - row.bound))
        row.committed -= take
        surplus -= take


def _cover(row: Commitment, group: list[Commitment]) -> None:
    """Let what is bound be committed: moved here from where the holder has spare room."""
    for other in group:
        take = min(max(0, row.bound - row.committed), max(0, other.committed - other.bound))
        other.committed -= take
        row.committed += take
    row.committed = max(row.committed, row.bound)
