"""From records to rows: which table a kind lives in, and what is looked up on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from inventory import labels as keys
from inventory.choices import FactKind, NamespaceKind
from inventory.divide import DeviceRule, PoolRule, amounts_resolve, pool_of
from inventory.k8s.records import NamespaceRecord, NodeRecord, Record
from inventory.models import (
    DeviceMapping,
    Namespace,
    NamespaceClaim,
    Node,
    Pod,
    Pool,
    ResourceQuotaFact,
    WorkloadFact,
)
from inventory.models.fact import Fact

TABLES: Mapping[str, type[Fact]] = {
    FactKind.NODES: Node,
    FactKind.NAMESPACES: Namespace,
    FactKind.PODS: Pod,
    FactKind.QUOTAS: ResourceQuotaFact,
    FactKind.STATEFULSETS: WorkloadFact,
    FactKind.JOBS: WorkloadFact,
}
WORKLOAD_KINDS: Mapping[str, str] = {FactKind.STATEFULSETS: "StatefulSet", FactKind.JOBS: "Job"}

# Not what the object is, but when and in which version it was seen.
BOOKKEEPING = frozenset({"id", "cluster", "uid", "resource_version", "seen_at"})


def content_fields(model: type[Fact]) -> list[str]:
    """Attribute names whose change makes an object a changed one."""
    return [f.attname for f in model._meta.concrete_fields if f.name not in BOOKKEEPING]


def written_fields(model: type[Fact]) -> list[str]:
    """Field names that an upsert writes."""
    return [f.name for f in model._meta.concrete_fields if f.name not in {"id", "cluster", "uid"}]


def narrowed(kind: str) -> dict[str, str]:
    """The filter that tells a kind's rows apart from others in the same table."""
    return {"kind": WORKLOAD_KINDS[kind]} if kind in WORKLOAD_KINDS else {}


@dataclass(frozen=True, slots=True)
class Lookup:
    """What must be known beside the record itself to fill a row."""

    pools: Sequence[PoolRule] = ()
    devices: Sequence[DeviceRule] = ()
    tenants: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, NamespaceClaim] = field(default_factory=dict)


def pool_rules() -> list[PoolRule]:
    """All pools in their order."""
    return [
        PoolRule(pool.pk, pool.name, pool.selector, frozenset(c.pk for c in pool.clusters.all()))
        for pool in Pool.objects.prefetch_related("clusters").order_by("ordering")
    ]


def device_rules() -> list[DeviceRule]:
    """All mappings in their order; those of one cluster before those of all."""
    mappings = DeviceMapping.objects.select_related("device_type").order_by("ordering", "id")
    return [
        DeviceRule(m.resource_key, m.device_type.name, m.node_labels, m.cluster_id)
        for m in sorted(mappings, key=lambda m: (m.ordering, m.cluster_id is None, m.pk))
    ]


def lookup_for(kind: str, cluster_id: int, records: Sequence[Record]) -> Lookup:
    """Read what the rows of these records need, in one or two queries."""
    if kind == FactKind.NODES:
        return Lookup(pools=pool_rules(), devices=device_rules())
    if kind == FactKind.NAMESPACES:
        claims = NamespaceClaim.objects.filter(
            cluster_id=cluster_id, uid__in=[r.uid for r in records]
        )
        return Lookup(claims={claim.uid: claim for claim in claims})
    names = {str(getattr(r, "namespace", "")) for r in records}
    found = Namespace.objects.filter(cluster_id=cluster_id, name__in=names).exclude(tenant_key="")
    return Lookup(tenants=dict(found.values_list("name", "tenant_key")))


def row_of(kind: str, cluster_id: int, record: Record, lookup: Lookup, now: datetime) -> Fact:
    """Give the unsaved row for a record."""
    values = msgspec.structs.asdict(record)
    if isinstance(record, NodeRecord):
        values |= node_values(record, cluster_id, lookup)
    elif isinstance(record, NamespaceRecord):
        values |= namespace_values(record.labels, lookup.claims.get(record.uid))
    else:
        values["tenant_key"] = lookup.tenants.get(values["namespace"], "")
    return TABLES[kind](cluster_id=cluster_id, seen_at=now, **values)


def node_values(record: NodeRecord, cluster_id: int, lookup: Lookup) -> dict[str, Any]:
    """Columns of a node that are not in its record as they stand."""
    return {
        "raw_allocatable": record.allocatable,
        "raw_capacity": record.capacity,
        "pool_label": record.labels.get(keys.POOL, ""),
        **node_division(cluster_id, record.labels, record.allocatable, record.capacity, lookup),
    }


def node_division(
    cluster_id: int,
    labels: Mapping[str, str],
    raw_allocatable: Mapping[str, int],
    raw_capacity: Mapping[str, int],
    lookup: Lookup,
) -> dict[str, Any]:
    """Pool and device types of a node."""
    rule = pool_of(lookup.pools, cluster_id, labels)
    return {
        "pool_id": rule.pool_id if rule else None,
        "allocatable": amounts_resolve(lookup.devices, cluster_id, raw_allocatable, labels),
        "capacity": amounts_resolve(lookup.devices, cluster_id, raw_capacity, labels),
    }


def namespace_values(labels: Mapping[str, str], claim: NamespaceClaim | None) -> dict[str, Any]:
    """Owner of a namespace by Berth's own claim, and whether the cluster shows something else."""
    if claim is None:
        return {"tenant_key": "", "kind": "", "pool_name": "", "labels_differ": False}
    shown = {key: labels.get(key, "") for key in (keys.TENANT, keys.KIND, keys.POOL)}
    ours = {keys.TENANT: claim.tenant_key, keys.KIND: claim.kind, keys.POOL: claim.pool_name}
    return {
        "tenant_key": claim.tenant_key,
        "kind": claim.kind,
        "pool_name": claim.pool_name,
        "labels_differ": claim.kind != NamespaceKind.CLAIMED and shown != ours,
    }
