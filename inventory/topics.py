"""Who may hear of changes in the inventory."""

from __future__ import annotations

from portal.live import topics
from portal.viewer import Viewer


def _may_clusters(viewer: Viewer, ident: str) -> bool:
    return ident == "" and viewer.can("cluster.view")


def _may_cluster(viewer: Viewer, ident: str) -> bool:
    return ident.isdecimal() and viewer.can("cluster.view")


def _may_pools(viewer: Viewer, ident: str) -> bool:
    return ident == "" and (viewer.can("pool.edit") or viewer.can("node.view"))


def topics_register() -> None:
    """Make "clusters" and "pools" known for lists, "cluster:<id>" for one and its facts."""
    topics.register("clusters", _may_clusters)
    topics.register("cluster", _may_cluster)
    topics.register("pools", _may_pools)
