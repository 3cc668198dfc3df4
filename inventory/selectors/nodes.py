"""Nodes, pools and what they hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import QuerySet

from inventory.choices import ClusterState
from inventory.divide import unknown_keys
from inventory.models import DeviceType, Node, Pod, Pool
from inventory.models.node import TAKES_PODS
from inventory.models.pod import DONE_PHASES
from portal.errors import NotFound
from portal.viewer import Viewer, authorize

Amounts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Capacity:
    """Installed and usable amounts of some nodes; usable leaves out what takes no new pods."""

    nodes: int = 0
    usable_nodes: int = 0
    installed: Amounts = field(default_factory=dict)
    usable: Amounts = field(default_factory=dict)


def node_list(*, viewer: Viewer) -> QuerySet[Node]:
    """Every node that is there, with cluster and pool; raises Denied for who may not look."""
    authorize(viewer=viewer, verb="node.view")
    return Node.objects.filter(gone_at=None).select_related("cluster", "pool")


def node_by_name(*, cluster: str, name: str, viewer: Viewer) -> Node:
    """The node that has this name now; raises NotFound, also for who may not look."""
    if not viewer.can("node.view") or "\0" in name:  # no text of the database has a NUL
        raise NotFound
    found = (
        Node.objects.filter(cluster__name=cluster, name=name, gone_at=None)
        .exclude(cluster__state=ClusterState.REMOVED)
        .select_related("cluster", "pool")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def node_pods(*, node: Node, viewer: Viewer) -> QuerySet[Pod]:
    """Pods that hold something on a node, as far as the viewer sees their tenants."""
    pods: QuerySet[Pod] = Pod.objects.visible_to(viewer).filter(
        cluster_id=node.cluster_id, node_name=node.name
    )
    return pods.exclude(phase__in=DONE_PHASES)


def pool_list() -> QuerySet[Pool]:
    """All pools in the order in which nodes are tried; what they are called is no secret."""
    return Pool.objects.prefetch_related("clusters")


def pool_by_name(*, name: str) -> Pool:
    """One pool; raises NotFound."""
    found = Pool.objects.filter(name=name).first()
    if found is None:
        raise NotFound
    return found


def pool_capacities() -> dict[int | None, Capacity]:
    """Capacity of each pool by id, and under None of the nodes that belong to no pool."""
    return _capacities(Node.objects.filter(gone_at=None), "pool_id")


def cluster_capacities() -> dict[int | None, Capacity]:
    """Capacity of each cluster by id."""
    return _capacities(Node.objects.filter(gone_at=None), "cluster_id")


def unknown_device_keys() -> dict[str, int]:
    """Resource keys that no mapping knows, with the number of nodes that show them."""
    found: Counter[str] = Counter()
    for allocatable in Node.objects.filter(gone_at=None).values_list("allocatable", flat=True):
        found.update(unknown_keys(allocatable))
    return dict(sorted(found.items()))


def device_types() -> QuerySet[DeviceType]:
    """The catalogue with its mappings."""
    return DeviceType.objects.prefetch_related("mappings__cluster")


def _capacities(nodes: QuerySet[Node], by: str) -> dict[int | None, Capacity]:
    rows = nodes.annotate(takes=TAKES_PODS).values_list(by, "takes", "capacity", "allocatable")
    sums: dict[int | None, tuple[Counter[str], Counter[str], list[int]]] = defaultdict(
        lambda: (Counter(), Counter(), [0, 0])
    )
    for key, takes, capacity, allocatable in rows:
        installed, usable, count = sums[key]
        installed.update(capacity)
        count[0] += 1
        if takes:
            usable.update(allocatable)
            count[1] += 1
    return {
        key: Capacity(count[0], count[1], dict(installed), dict(usable))
        for key, (installed, usable, count) in sums.items()
    }
