"""The demonstration's pools, quota and limits over a cluster that is mirrored already."""

from __future__ import annotations

from django.db import transaction

from inventory.models import DeviceMapping, Node, Pool
from inventory.services.pools import pool_create
from portal.viewer import Viewer, authorize
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.demo import POOLS, TRUSTED, WITHOUT_OPERATOR, DemoPool
from tenants.services.tree import tenant_update

GIB = 1024**3
WHY = "First shares of the demonstration"
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def fleet_seen(*, cluster: str) -> bool:
    """Tell whether a cluster's nodes are in the mirror."""
    return Node.objects.filter(cluster__name=cluster, gone_at=None).exists()


@transaction.atomic
def fleet_divide(*, cluster: str, viewer: Viewer) -> bool:
    """Make pools, quota and limits where nobody has made a pool yet; return whether it did.

    A pool whose devices the cluster lacks is left out. Raises Denied.
    """
    authorize(viewer=viewer, verb="pool.edit")
    if Pool.objects.exists():
        return False
    made = [pool for pool in POOLS if _pool_make(pool, cluster, viewer)]
    edits = [
        QuotaEdit(tenant, pool.name, resource, amount)
        for pool in made
        for tenant, share in pool.shares.items()
        for resource, amount in _amounts(pool, share).items()
    ]
    quota_set(edits=edits, why=WHY, viewer=viewer)
    limits = {pool.name: _amounts(pool, WITHOUT_OPERATOR) for pool in made}
    for key in TRUSTED:
        tenant_update(key=key, auto_approve_limits=limits, viewer=viewer)
    return True


def _pool_make(pool: DemoPool, cluster: str, viewer: Viewer) -> bool:
    terms = []
    if pool.device:
        mappings = DeviceMapping.objects.filter(device_type__name=pool.device, cluster=None)
        labels = [pair for mapping in mappings for pair in mapping.node_labels.items()]
        if not labels:
            return False
        key, values = labels[0][0], sorted({value for _key, value in labels})
        terms = [{"key": key, "operator": "In", "values": values}]
        there = Node.objects.filter(cluster__name=cluster, gone_at=None)
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


def _amounts(pool: DemoPool, share: int) -> dict[str, int]:
    amounts = {
        "cpu": share * pool.cores_each * 1000,
        "memory": share * pool.memory_each * GIB,
    }
    return amounts | ({pool.device: share} if pool.device else {})
