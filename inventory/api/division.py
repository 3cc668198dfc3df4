"""/pools/, /device-types/, /device-mappings/: how the fleet is divided."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.division_serializers import (
    DeviceTypeIn,
    DeviceTypeOut,
    MappingIn,
    MappingOut,
    PoolChange,
    PoolIn,
    PoolOrder,
    PoolOut,
    PoolsOut,
)
from inventory.models import DeviceMapping, DeviceType, Pool
from inventory.selectors.nodes import pool_list
from inventory.services.devices import (
    device_mapping_create,
    device_mapping_delete,
    device_type_create,
)
from inventory.services.pool_removal import pool_delete
from inventory.services.pools import pool_create, pool_reorder, pool_update
from portal.api.pagination import BerthCursorPagination
from portal.api.resources import (
    CreateMixin,
    DestroyMixin,
    ListMixin,
    ResourceViewSet,
    RetrieveMixin,
    UpdateMixin,
)

READ = "pool.view"


class OrderPagination(BerthCursorPagination):
    """In the order in which nodes are tried."""

    ordering = ("ordering", "id")


class CataloguePagination(BerthCursorPagination):
    """By name."""

    ordering = "name"


class SharedViewSet(ResourceViewSet):
    """What members of any tenant may read, since quota is given in it."""

    def authorize(self, tenant_key: str | None = None) -> None:
        """Reading needs the verb somewhere; changing needs it for the platform."""
        held = any(READ in verbs for verbs in self.viewer.tenant_verbs.values())
        if self.verb == READ and held:
            self.authorized = True
            return
        super().authorize(tenant_key)


class PoolViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, SharedViewSet):
    """Pools in their order: a node belongs to the first that it fits."""

    verbs: ClassVar = {
        "list": READ,
        "retrieve": READ,
        "create": "pool.edit",
        "partial_update": "pool.edit",
        "destroy": "pool.edit",
        "reorder": "pool.edit",
    }
    serializer_in, serializer_out = PoolIn, PoolOut
    serializers_in: ClassVar = {"partial_update": PoolChange, "reorder": PoolOrder}
    serializers_out: ClassVar = {"reorder": PoolsOut}
    pagination_class = OrderPagination
    lookup_field = "name"
    versioned = "generation"

    def visible(self) -> QuerySet[Pool]:
        """All: what pools are called is no secret."""
        return pool_list()

    def perform_create(self, data: dict[str, Any]) -> Pool:
        """Make a pool, the last in order."""
        return pool_create(viewer=self.viewer, **data)

    def perform_update(self, found: Pool, data: dict[str, Any]) -> Pool:
        """Change a pool; nodes are divided anew."""
        return pool_update(name=found.name, viewer=self.viewer, generation=found.generation, **data)

    def perform_destroy(self, found: Pool) -> None:
        """Delete a pool; 409 while quota or allocations refer to it."""
        pool_delete(name=found.name, viewer=self.viewer, generation=found.generation)

    @action(methods=["post"], detail=False)
    def reorder(self, request: Request) -> Response:
        """Put all pools in this order."""
        self.authorize()
        pools = pool_reorder(names=self.payload()["names"], viewer=self.viewer)
        return Response(self.shown({"results": pools}))


class DeviceTypeViewSet(ListMixin, RetrieveMixin, CreateMixin, SharedViewSet):
    """The catalogue of accelerators."""

    verbs: ClassVar = {"list": READ, "retrieve": READ, "create": "pool.edit"}
    serializer_in, serializer_out = DeviceTypeIn, DeviceTypeOut
    pagination_class = CataloguePagination
    lookup_field = "name"

    def visible(self) -> QuerySet[DeviceType]:
        """All."""
        return DeviceType.objects.all()

    def perform_create(self, data: dict[str, Any]) -> DeviceType:
        """Add a device type."""
        return device_type_create(viewer=self.viewer, **data)


class MappingViewSet(ListMixin, RetrieveMixin, CreateMixin, DestroyMixin, ResourceViewSet):
    """What resource keys mean, by node labels."""

    verbs: ClassVar = {
        "list": "node.view",
        "retrieve": "node.view",
        "create": "pool.edit",
        "destroy": "pool.edit",
    }
    serializer_in, serializer_out = MappingIn, MappingOut
    pagination_class = OrderPagination
    lookup_field = "pk"

    def visible(self) -> QuerySet[DeviceMapping]:
        """All, for who may see nodes."""
        rows = DeviceMapping.objects.select_related("device_type", "cluster")
        return rows if self.viewer.can("node.view") else rows.none()

    def location(self, made: DeviceMapping) -> str:
        """Mappings have no name."""
        return f"{self.request.path}{made.pk}/"

    def perform_create(self, data: dict[str, Any]) -> DeviceMapping:
        """Say what a key means."""
        return device_mapping_create(viewer=self.viewer, **data)

    def perform_destroy(self, found: DeviceMapping) -> None:
        """Take it back."""
        device_mapping_delete(mapping_id=found.pk, viewer=self.viewer)
