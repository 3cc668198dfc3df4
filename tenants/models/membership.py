"""Who belongs to which tenant, and who runs the platform."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.viewer import VisibleQuerySet
from tenants.choices import PlatformRoleName, Role
from tenants.models.tenant import Tenant


class MembershipQuerySet(VisibleQuerySet):
    """Rows carry their tenant's key as the foreign key itself."""

    tenant_field: ClassVar[str] = "tenant_id"


class Membership(models.Model):
    """A person's role in one tenant; `tenant_id` is the tenant's key."""

    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.PROTECT,
        to_field="key",
        db_column="tenant_key",
        related_name="memberships",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=8, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["tenant_id", "user_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "user"], name="membership_once"),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="membership_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.tenant_id}"


class PlatformRole(models.Model):
    """A person's role in the whole installation; at most one."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="platform_role"
    )
    role = models.CharField(_("role"), max_length=8, choices=PlatformRoleName)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(role__in=PlatformRoleName.values), name="platform_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role}"
