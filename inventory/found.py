"""How clusters, nodes and pools are found by the search: only by who may open their pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from inventory.choices import ClusterState
from inventory.models import Cluster, Node, Pool
from portal.search.kinds import Hit, Row, SearchKind
from portal.viewer import Viewer


def clusters(viewer: Viewer) -> QuerySet[Any] | None:
    """Clusters that are not removed."""
    if not viewer.can("cluster.view"):
        return None
    return Cluster.objects.present()


def nodes(viewer: Viewer) -> QuerySet[Any] | None:
    """Nodes that are there."""
    if not viewer.can("node.view"):
        return None
    return Node.objects.filter(gone_at=None).exclude(cluster__state=ClusterState.REMOVED)


def pools(viewer: Viewer) -> QuerySet[Any] | None:
    """Every pool; their pages show nodes."""
    return Pool.objects.all() if viewer.can("node.view") else None


KINDS = (
    SearchKind(
        name="clusters",
        title=_("Clusters"),
        icon="server-2",
        order=10,
        rows=clusters,
        fields=("name", "title"),
        columns=("name", "name", "title"),
        hit=lambda _viewer, row: _page("cluster_page", row, row.key),
    ),
    SearchKind(
        name="nodes",
        title=_("Nodes"),
        icon="server",
        order=20,
        rows=nodes,
        fields=("name",),
        columns=("name", "name", "cluster__name"),
        hit=lambda _viewer, row: _page("node_page", row, row.note, row.key),
    ),
    SearchKind(
        name="pools",
        title=_("Pools"),
        icon="layers-intersect",
        order=30,
        rows=pools,
        fields=("name", "title"),
        columns=("name", "name", "title"),
        hit=lambda _viewer, row: _page("pool_page", row, row.key),
    ),
)


def _page(url_name: str, row: Row, *args: str) -> Hit:
    note = "" if row.note == row.label else row.note
    return Hit(row.label, note, reverse(url_name, args=args))
