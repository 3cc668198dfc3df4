"""Which device types a pool has, and by which key each cluster knows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from inventory.divide import DeviceRule, amounts_resolve, device_of, is_extended
from inventory.models import Cluster, DeviceType, Node, Pool
from inventory.rows import device_rules
from portal.errors import Unavailable
from portal.joins import list_join

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
    """Resource key of each device type that nodes of a cluster offer, or offered once.

    What was granted keeps its key while its nodes are away: a quota without it would be no limit.
    """
    return _device_keys(list(Node.objects.filter(cluster=cluster)))


def granted_keys(*, cluster: Cluster, resources: Iterable[str]) -> dict[str, str]:
    """`device_keys`, with a key for each of these; raises Unavailable where one is not known."""
    return _granted(device_keys(cluster=cluster), cluster, resources)


def quota_keys(*, cluster: Cluster, resources: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """`granted_keys`, and every device key that nodes offer or offered once, known or not."""
    nodes = list(Node.objects.filter(cluster=cluster))
    keys = _granted(_device_keys(nodes), cluster, resources)
    return keys, sorted({key for node in nodes for key in node.raw_allocatable if is_extended(key)})


def _device_keys(nodes: Sequence[Node]) -> dict[str, str]:
    present = [node for node in nodes if node.gone_at is None]
    rules = device_rules()
    return _keys_of(nodes, rules) | _keys_of(present, rules)


def _granted(keys: dict[str, str], cluster: Cluster, resources: Iterable[str]) -> dict[str, str]:
    unknown = sorted(set(resources) - PLAIN - set(keys))
    if unknown:
        raise Unavailable(
            _("No node of %(cluster)s offers %(types)s. It goes on when one does.")
            % {"cluster": cluster.name, "types": list_join(unknown)}
        )
    return keys


def _keys_of(nodes: Sequence[Node], rules: Sequence[DeviceRule]) -> dict[str, str]:
    meanings = key_meanings(nodes, rules)
    return {name: key for key, names in sorted(meanings.items()) for name in sorted(names)}


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
