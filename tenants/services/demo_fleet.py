"""The demonstration's pools, quota and limits over clusters that are mirrored already."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from inventory.models import DeviceMapping, Node, Pool
from inventory.services.pools import pool_create
from portal.viewer import Viewer, authorize
from scheduling.selectors.capacity import pool_usable
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.demo_pools import (
    CORES_WITHOUT_OPERATOR,
    POOLS,
    TRUSTED,
    WITHOUT_OPERATOR,
    DemoPool,
)
from tenants.services.tree import tenant_update

GIB = 1024**3
WHY = "First shares of the demonstration"
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def fleet_seen(*, clusters: Sequence[str]) -> bool:
    """Tell whether nodes of each of these clusters are in the mirror."""
    there = Node.objects.filter(cluster__name__in=clusters, gone_at=None)
    return there.values("cluster").distinct().count() == len(set(clusters))


@transaction.atomic
def fleet_divide(*, viewer: Viewer) -> bool:
    """Make pools, quota and limits where nobody has made a pool yet; return whether it did.

    A pool whose devices no cluster has is left out. Raises Denied.
    """
    authorize(viewer=viewer, verb="pool.edit")
    if Pool.objects.exists():
        return False
    made = [pool for pool in POOLS if _pool_make(pool, viewer)]
    edits = [
        QuotaEdit(tenant, pool.name, resource, amount)
        for pool in made
        for tenant, amounts in _shares(pool).items()
        for resource, amount in amounts.items()
    ]
    quota_set(edits=edits, why=WHY, viewer=viewer)
    limits = {pool.name: pieces(pool, _limit(pool)) for pool in made}
    for key in TRUSTED:
        tenant_update(key=key, auto_approve_limits=limits, viewer=viewer)
    return True


def pieces(pool: DemoPool, count: int) -> dict[str, int]:
    """So many devices of a pool, with the processor and memory that go with them."""
    amounts = {
        "cpu": count * pool.cores_each * 1000,
        "memory": count * pool.memory_each * GIB,
    }
    return amounts | ({pool.device: count} if pool.device else {})


def _limit(pool: DemoPool) -> int:
    return WITHOUT_OPERATOR if pool.device else CORES_WITHOUT_OPERATOR


def _shares(pool: DemoPool) -> dict[str, dict[str, int]]:
    """What each tenant is guaranteed: its percent of the pool, in whole devices or cores."""
    usable = pool_usable(pool=Pool.objects.get(name=pool.name))
    whole = usable.get(pool.device, 0) if pool.device else usable.get("cpu", 0) // 1000
    return {key: pieces(pool, whole * share // 100) for key, share in pool.shares.items()}


def _pool_make(pool: DemoPool, viewer: Viewer) -> bool:
    terms = []
    if pool.device:
        mappings = DeviceMapping.objects.filter(device_type__name=pool.device, cluster=None)
        labels = [pair for mapping in mappings for pair in mapping.node_labels.items()]
        if not labels:
            return False
        key, values = labels[0][0], sorted({value for _key, value in labels})
        terms = [{"key": key, "operator": "In", "values": values}]
        there = Node.objects.filter(gone_at=None)
        if not there.filter(**{f"labels__{key}__in": values}).exists():
            return False
    pool_create(
        name=pool.name,
        title=pool.title,
        selector=terms,
        tolerations=[TOLERATION] if pool.tainted else (),
        viewer=viewer,
    )
    return True
