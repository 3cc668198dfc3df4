"""Writing berth.dev/pool on nodes, and taking it off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Value
from django.db.models.functions import Coalesce

from inventory import labels as keys
from inventory.aftermath import pool_label_job_request, pool_label_key
from inventory.choices import ClusterState, FactKind, WatchPhase
from inventory.k8s.errors import NotFound
from inventory.k8s.paths import ObjectRef
from inventory.k8s.writer import Writer
from inventory.models import Node, WatchState
from inventory.selectors.connections import cluster_client
from portal.jobs.again import may_ask
from portal.scope import scope
from portal.viewer import Viewer

FRESH = timedelta(seconds=150)  # a mirror that has heard nothing for longer shows old labels
AGAIN_AFTER = timedelta(minutes=2)
AGAIN_AT_LAST = timedelta(hours=1)
SYSTEM = Viewer.system("inventory")


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


def labels_request(now: datetime) -> None:
    """Ask for labels in clusters some of whose nodes carry a wrong one; called by the clock.

    Facts ask as they come, and only once: not for a node that came while the job ran, and not
    again after one that failed.
    """
    heard = WatchState.objects.filter(
        cluster=OuterRef("cluster"),
        kind=FactKind.NODES,
        state=WatchPhase.WATCHING,
        last_event_at__gte=now - FRESH,
    )
    there = Node.objects.filter(Exists(heard), gone_at=None, cluster__state=ClusterState.CONNECTED)
    wrong = there.annotate(wanted=Coalesce("pool__name", Value(""))).exclude(pool_label=F("wanted"))
    ids = wrong.order_by("cluster_id").values_list("cluster_id", flat=True).distinct()
    with scope(SYSTEM):
        for cluster_id in ids:
            key = pool_label_key(cluster_id)
            if may_ask(kind="pool.label", key=key, now=now, first=AGAIN_AFTER, most=AGAIN_AT_LAST):
                pool_label_job_request(cluster_id=cluster_id)


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
