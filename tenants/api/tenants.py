"""/tenants/: the tree."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.bodies import NoFields
from portal.api.pagination import BerthCursorPagination
from portal.api.resources import (
    CreateMixin,
    ListMixin,
    ResourceViewSet,
    RetrieveMixin,
    UpdateMixin,
)
from portal.errors import Invalid
from tenants.api.serializers import (
    TenantArchive,
    TenantChange,
    TenantIn,
    TenantMove,
    TenantOut,
)
from tenants.filters import TenantApiFilter
from tenants.models import Tenant
from tenants.selectors.tenants import tenant_list
from tenants.services.archive import tenant_archive, tenant_restore
from tenants.services.rows import tenant_open
from tenants.services.tree import tenant_create, tenant_move, tenant_update


class TreePagination(BerthCursorPagination):
    """Parents come before their children."""

    ordering = "path"


class TenantViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, ResourceViewSet):
    """Organisations, departments and projects."""

    verbs: ClassVar = {
        "list": "tenant.view",
        "retrieve": "tenant.view",
        "create": "tenant.create",
        "partial_update": "tenant.edit",
        "move": "tenant.move",
        "archive": "tenant.archive",
        "restore": "tenant.archive",
    }
    serializer_in, serializer_out = TenantIn, TenantOut
    serializers_in: ClassVar = {
        "partial_update": TenantChange,
        "move": TenantMove,
        "archive": TenantArchive,
        "restore": NoFields,
    }
    filterset_class = TenantApiFilter
    pagination_class = TreePagination
    lookup_field = tenant_field = "key"
    versioned = "generation"

    def visible(self) -> QuerySet[Tenant]:
        """Tenants the viewer sees."""
        return tenant_list(viewer=self.viewer)

    def tenant_asked(self) -> str | None:
        """The right counts in the parent; a root needs it everywhere."""
        body = self.request.data
        parent = body.get("parent") if isinstance(body, dict) else None
        if parent is not None and not isinstance(parent, str):
            raise Invalid(fields={"parent": [_("Give the key of a tenant, or null.")]})
        return parent

    def perform_create(self, data: dict[str, Any]) -> Tenant:
        """Make a tenant."""
        return tenant_create(parent_key=data.pop("parent"), viewer=self.viewer, **data)

    def update_check(self, found: Tenant) -> None:
        """An archived one is only read."""
        tenant_open(found.key, self.viewer)

    def perform_update(self, found: Tenant, data: dict[str, Any]) -> Tenant:
        """Change a tenant."""
        return tenant_update(key=found.key, viewer=self.viewer, generation=found.generation, **data)

    @action(methods=["post"], detail=True)
    def move(self, request: Request, **_names: str) -> Response:
        """Hang a tenant, with all below it, under another parent."""
        found = cast(Tenant, self.get_object())
        moved = tenant_move(
            key=found.key,
            parent_key=self.payload()["parent"],
            viewer=self.viewer,
            generation=found.generation,
        )
        return self.answer(moved)

    @action(methods=["post"], detail=True)
    def archive(self, request: Request, **_names: str) -> Response:
        """Take a tenant out of use; refused while it holds allocations."""
        found = cast(Tenant, self.get_object())
        archived = tenant_archive(
            key=found.key,
            viewer=self.viewer,
            now=timezone.now(),
            reason=self.payload()["reason"],
            generation=found.generation,
        )
        return self.answer(archived)

    @action(methods=["post"], detail=True)
    def restore(self, request: Request, **_names: str) -> Response:
        """Bring an archived tenant back."""
        found = cast(Tenant, self.get_object())
        restored = tenant_restore(key=found.key, viewer=self.viewer, generation=found.generation)
        return self.answer(restored)
