"""Nodes that left the pool of what has room on them (design, section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.k8s.paths import ObjectRef
from inventory.models import Node
from scheduling.choices import HOLDING_STATES, DriftKind
from scheduling.models import Allocation, Commitment, Drift, TenantNamespace
from scheduling.services.drift import Finding, Spot, drift_note, drift_resolve

KINDS = (DriftKind.POOL,)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has room on nodes: a workload, or an open namespace; `words` tell which."""

    name: str
    words: str
    pool_id: int
    tenant_key: str
    allocation: Allocation | None = None


def pools_scan(*, cluster_id: int) -> None:
    """Note each node of a holder that stands in another pool, or in none, than the holder.

    Gone when the node is back, or when the holder has no room there any more.
    """
    seen = {
        f"{ObjectRef('Node', node.name)}, {holder.words}": (holder, node)
        for holder, node in _strayed(cluster_id)
    }
    for row in Drift.objects.filter(
        cluster_id=cluster_id, kind=DriftKind.POOL, resolved_at=None
    ).exclude(object_ref__in=seen):
        drift_resolve(Spot(cluster_id, "Node", row.object_ref), kinds=KINDS, choice="gone")
    for ref, (holder, node) in seen.items():
        drift_note(
            Finding(DriftKind.POOL, f"{node.uid} {node.pool_id or '-'}"),
            Spot(cluster_id, "Node", ref),
            kinds=KINDS,
            tenant_key=holder.tenant_key,
            allocation=holder.allocation,
        )


def _strayed(cluster_id: int) -> Iterator[tuple[Holder, Node]]:
    holders = {holder.name: holder for holder in _holders(cluster_id)}
    held = Commitment.objects.filter(cluster_id=cluster_id, committed__gt=0)
    found = Node.objects.filter(
        cluster_id=cluster_id, gone_at=None, uid__in=held.values("node_uid")
    )
    nodes = {node.uid: node for node in found.only("uid", "name", "pool_id")}
    for name, uid in sorted(set(held.values_list("holder", "node_uid"))):
        holder, node = holders.get(name), nodes.get(uid)
        if holder is not None and node is not None and node.pool_id != holder.pool_id:
            yield holder, node


def _holders(cluster_id: int) -> Iterator[Holder]:
    for allocation in Allocation.objects.filter(cluster_id=cluster_id, state__in=HOLDING_STATES):
        ref, tenant_key = allocation.ref, allocation.tenant_key
        yield Holder(allocation.holder, ref, allocation.pool_id, tenant_key, allocation)
    for space in TenantNamespace.objects.filter(cluster_id=cluster_id, pool__isnull=False):
        ref = str(ObjectRef("Namespace", space.name))
        yield Holder(space.holder, ref, space.pool_id or 0, space.tenant_key)
