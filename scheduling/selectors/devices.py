"""Which device types a pool has, and by which key each cluster knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from inventory.divide import DeviceRule, amounts_resolve, device_of, is_extended
from inventory.models import Cluster, DeviceType, Node, Pool
from inventory.rows import device_rules

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
    nodes = list(Node.objects.filter(cluster=cluster, gone_at=None))
    meanings = key_meanings(nodes, device_rules())
    return {name: key for key, names in sorted(meanings.items()) for name in sorted(names)}


def known_keys(*, cluster: Cluster) -> list[str]:
    """Every device resource key that nodes of a cluster offer, known types or not."""
    nodes = Node.objects.filter(cluster=cluster, gone_at=None)
    found = {key for raw in nodes.values_list("raw_allocatable", flat=True) for key in raw}
    return sorted(key for key in found if is_extended(key))


def amounts_on(
    *, node: Node, raw: Mapping[str, int], rules: Sequence[DeviceRule]
) -> dict[str, int]:
    """A pod's requests by device type, as its node's labels tell what a key means there."""
    return amounts_resolve(rules, node.cluster_id, raw, node.labels)


def key_meanings(nodes: Sequence[Node], rules: Sequence[DeviceRule]) -> dict[str, set[str]]:
    """Which device types each resource key means on some nodes of one cluster.

    More than one behind a key, and open capacity can't tell them apart.
    """
    meanings: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        for key in filter(is_extended, node.raw_allocatable):
            name = device_of(rules, node.cluster_id, key, node.labels)
            meanings[key].add(name or key)
    return dict(meanings)
