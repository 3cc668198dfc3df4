"""Which device types a pool has, and by which key each cluster knows them."""

from __future__ import annotations

from collections import defaultdict

from inventory.models import Cluster, DeviceType, Node, Pool

PLAIN = frozenset({"cpu", "memory"})


def pool_resources(*, pool: Pool) -> set[str]:
    """Resources that can be asked for in a pool: processor, memory, its device types."""
    known = set(DeviceType.objects.values_list("name", flat=True))
    found = {
        resource
        for allocatable in Node.objects.filter(pool=pool, gone_at=None).values_list(
            "allocatable", flat=True
        )
        for resource, amount in allocatable.items()
        if amount
    }
    return set(PLAIN) | (found & known)


def device_keys(*, cluster: Cluster) -> dict[str, str]:
    """Resource key of each device type that nodes of a cluster offer."""
    keys: dict[str, str] = {}
    for types in _types(cluster):
        keys.update({device_type: key for key, device_type in types.items()})
    return keys


def known_keys(*, cluster: Cluster) -> list[str]:
    """Every device resource key that nodes of a cluster offer, known types or not."""
    found = {key for types in _types(cluster) for key in types}
    return sorted(found)


def key_types(*, cluster: Cluster, pool: Pool) -> dict[str, set[str]]:
    """Which device types a resource key means on a pool's nodes of a cluster.

    More than one behind a key, and open capacity can't tell them apart.
    """
    meanings: dict[str, set[str]] = defaultdict(set)
    for types in Node.objects.filter(cluster=cluster, pool=pool, gone_at=None).values_list(
        "device_types", flat=True
    ):
        for key, device_type in types.items():
            meanings[key].add(device_type)
    return dict(meanings)


def _types(cluster: Cluster) -> list[dict[str, str]]:
    return list(
        Node.objects.filter(cluster=cluster, gone_at=None)
        .exclude(device_types={})
        .values_list("device_types", flat=True)
    )
