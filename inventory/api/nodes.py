"""/nodes/ and /namespaces/: what the mirror shows of clusters."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.division_serializers import NamespaceClaimIn, NamespaceOut, NamespacePlace
from inventory.api.serializers import NodeDetailOut, NodeOut
from inventory.choices import ClusterState
from inventory.filters import NamespaceFilter, NodeApiFilter
from inventory.models import Namespace, Node
from inventory.selectors.clusters import cluster_by_name
from inventory.services.namespaces import namespace_claim, namespace_unclaim
from portal.api.pagination import BerthCursorPagination
from portal.api.resources import ListMixin, ResourceViewSet, RetrieveMixin


class IdPagination(BerthCursorPagination):
    """In the order in which the mirror met them."""

    ordering = "id"


class NodeViewSet(ListMixin, ResourceViewSet):
    """Nodes of all clusters that are there now."""

    verbs: ClassVar = {"list": "node.view", "retrieve": "node.view"}
    serializer_out = NodeOut
    serializers_out: ClassVar = {"retrieve": NodeDetailOut}
    filterset_class = NodeApiFilter
    pagination_class = IdPagination

    def visible(self) -> QuerySet[Node]:
        """Present nodes of clusters that are not removed; none for who may not look."""
        rows = Node.objects.filter(gone_at=None).exclude(cluster__state=ClusterState.REMOVED)
        rows = rows.select_related("cluster", "pool")
        return rows if self.viewer.can("node.view") else rows.none()


class ClusterNodeViewSet(RetrieveMixin, NodeViewSet):
    """Nodes of one cluster, by name."""

    lookup_field = "name"

    def visible(self) -> QuerySet[Node]:
        """Those of the cluster in the address."""
        return super().visible().filter(cluster__name=self.kwargs.get("cluster", ""))

    def list(self, request: Request, **_names: str) -> Response:
        """Nodes of the cluster; 404 where there is none of this name, as for any of its nodes."""
        self.authorize_list()
        cluster_by_name(name=self.kwargs["cluster"], viewer=self.viewer)
        return super().list(request)


class NamespaceViewSet(ListMixin, ResourceViewSet):
    """Namespaces, and to whom they belong."""

    verbs: ClassVar = {
        "list": "namespace.view",
        "claim": "namespace.edit",
        "unclaim": "namespace.edit",
    }
    serializer_out = NamespaceOut
    serializers_in: ClassVar = {"claim": NamespaceClaimIn, "unclaim": NamespacePlace}
    filterset_class = NamespaceFilter
    pagination_class = IdPagination

    def visible(self) -> QuerySet[Namespace]:
        """Those that the viewer sees."""
        rows: Any = Namespace.objects.visible_to(self.viewer).select_related("cluster")
        return cast("QuerySet[Namespace]", rows)

    @action(methods=["post"], detail=False)
    def claim(self, request: Request) -> Response:
        """Give a namespace that Berth did not make to a tenant; its use is then theirs."""
        self.authorize()
        data = self.payload()
        namespace_claim(
            cluster=data["cluster"],
            name=data["name"],
            tenant_key=data["tenant"],
            viewer=self.viewer,
        )
        return self.answer(self._found(data))

    @action(methods=["post"], detail=False)
    def unclaim(self, request: Request) -> Response:
        """Take an operator's claim back."""
        self.authorize()
        data = self.payload()
        namespace_unclaim(cluster=data["cluster"], name=data["name"], viewer=self.viewer)
        return self.answer(self._found(data))

    def _found(self, data: dict[str, Any]) -> Namespace:
        return self.visible().get(cluster__name=data["cluster"], name=data["name"])
