"""REST resources of this app, collected by portal.urls."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from inventory.api.clusters import ClusterViewSet
from inventory.api.division import DeviceTypeViewSet, MappingViewSet, PoolViewSet
from inventory.api.nodes import ClusterNodeViewSet, NamespaceViewSet, NodeViewSet

CLUSTER_NODES = "clusters/(?P<cluster>[^/]+)/nodes"


def register(router: BaseRouter) -> None:
    """Add this app's resources."""
    router.register("clusters", ClusterViewSet, basename="api-cluster")
    router.register(CLUSTER_NODES, ClusterNodeViewSet, basename="api-cluster-node")
    router.register("nodes", NodeViewSet, basename="api-node")
    router.register("pools", PoolViewSet, basename="api-pool")
    router.register("device-types", DeviceTypeViewSet, basename="api-device-type")
    router.register("device-mappings", MappingViewSet, basename="api-device-mapping")
    router.register("namespaces", NamespaceViewSet, basename="api-namespace")
