"""Writing berth.dev/pool on nodes, and taking it off."""

from __future__ import annotations

from dataclasses import dataclass

from inventory import labels as keys
from inventory.k8s.errors import NotFound
from inventory.k8s.paths import ObjectRef
from inventory.k8s.writer import Writer
from inventory.models import Node
from inventory.selectors.connections import cluster_client


@dataclass(frozen=True, slots=True)
class Relabel:
    """One node whose label has to become `pool` ("" takes it off)."""

    node: str
    uid: str
    pool: str


def nodes_to_label(*, cluster_id: int) -> list[Relabel]:
    """Nodes whose label is not that of their pool, by the mirror."""
    nodes = Node.objects.filter(cluster_id=cluster_id, gone_at=None).select_related("pool")
    return [
        Relabel(node.name, node.uid, wanted)
        for node in nodes.order_by("name")
        if (wanted := node.pool.name if node.pool else "") != node.pool_label
    ]


def nodes_to_unlabel(*, cluster_id: int) -> list[Relabel]:
    """Nodes that carry the label, whatever it says."""
    nodes = Node.objects.filter(cluster_id=cluster_id, gone_at=None).exclude(pool_label="")
    return [Relabel(node.name, node.uid, "") for node in nodes.order_by("name")]


def node_label(*, cluster_id: int, relabel: Relabel) -> bool:
    """Write one node's label; False when the node has gone. Calls the cluster.

    The UID keeps a node that was made again under the same name from being labelled unseen.
    """
    writer = Writer(cluster_client(cluster_id))
    patch = {
        "metadata": {"uid": relabel.uid, "labels": {keys.POOL: relabel.pool or None}},
    }
    try:
        writer.patch_merge(ObjectRef("Node", relabel.node), patch)
    except NotFound:
        return False
    return True
