"""/tenants/{tenant}/members/: who belongs to a tenant."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.resources import (
    CreateMixin,
    DestroyMixin,
    ListMixin,
    ResourceViewSet,
    RetrieveMixin,
    UpdateMixin,
)
from tenants.api.serializers import MemberChange, MemberChangeOut, MemberIn, MemberOut
from tenants.models import Membership
from tenants.selectors.viewers import role_effect
from tenants.services.members import member_add, member_remove, member_role_change
from tenants.services.rows import tenant_open


class NestedViewSet(ResourceViewSet):
    """Objects of the one tenant that stands in the address; of the platform where none does."""

    tenant_field = "tenant_id"

    @property
    def tenant_key(self) -> str | None:
        """Key of the tenant in the address."""
        return self.kwargs.get("tenant_key")

    def tenant_asked(self) -> str | None:
        """New objects belong to the tenant in the address."""
        return self.tenant_key

    def authorize_list(self) -> None:
        """The right counts in that tenant."""
        self.authorize(self.tenant_key)


class MemberViewSet(
    ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, NestedViewSet
):
    """Direct members of a tenant."""

    verbs: ClassVar = {
        "list": "member.view",
        "retrieve": "member.view",
        "create": "member.edit",
        "partial_update": "member.edit",
        "destroy": "member.view",  # anybody may leave; the service asks for more for others
    }
    serializer_in, serializer_out = MemberIn, MemberOut
    serializers_in: ClassVar = {"partial_update": MemberChange}
    serializers_out: ClassVar = {"partial_update": MemberChangeOut}
    lookup_field, lookup_url_kwarg = "user__username", "user"

    def visible(self) -> QuerySet[Membership]:
        """Members of the tenant, where the viewer sees it."""
        rows: QuerySet[Membership] = Membership.objects.visible_to(self.viewer)
        return rows.filter(tenant_id=self.tenant_key or "").select_related("user")

    def list(self, request: Request, **_names: str) -> Response:
        """Members of the tenant."""
        return super().list(request)

    def create(self, request: Request, **_names: str) -> Response:
        """Add a member."""
        return super().create(request)

    def location(self, made: Membership) -> str:
        """Members are found by user name."""
        return f"{self.request.path}{made.user.username}/"

    def perform_create(self, data: dict[str, Any]) -> Membership:
        """Add a member."""
        return member_add(
            tenant_key=self.tenant_key or "",
            user_name=data["user"],
            role=data["role"],
            viewer=self.viewer,
        )

    def update_check(self, found: Membership) -> None:
        """Those of an archived tenant stay; held as the service holds it."""
        tenant_open(found.tenant_id, self.viewer, alone=True)

    def perform_update(self, found: Membership, data: dict[str, Any]) -> Membership:
        """Give a member another role."""
        role = data.get("role", found.role)
        effect = role_effect(user_id=found.user_id, tenant_key=found.tenant_id, role=role)
        changed = member_role_change(
            tenant_key=found.tenant_id, user_id=found.user_id, role=role, viewer=self.viewer
        )
        vars(changed).update(gained=effect.gained, lost=effect.lost)
        return changed

    def perform_destroy(self, found: Membership) -> None:
        """Take a member out."""
        member_remove(tenant_key=found.tenant_id, user_id=found.user_id, viewer=self.viewer)
