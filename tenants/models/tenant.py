"""A node of the tree of tenants."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.viewer import VisibleQuerySet
from tenants.choices import TenantKind

KEY_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
KEY_HELP = _("Up to 40 characters: small letters, digits and hyphens, no hyphen at either end.")


class TenantQuerySet(VisibleQuerySet):
    """Tenants are their own tenant."""

    tenant_field: ClassVar[str] = "key"


class Tenant(models.Model):
    """An organisation, department or project that holds quota.

    `key` never changes: it is the label on namespaces. `path` is "/parent/key/" and changes when
    the tenant moves. `auto_approve_limits` maps a pool's name to the Amounts up to which requests
    need no operator.
    """

    key = models.CharField(
        _("key"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(KEY_PATTERN, KEY_HELP)],
        help_text=KEY_HELP,
    )
    title = models.CharField(_("title"), max_length=120)
    kind = models.CharField(_("kind"), max_length=16, choices=TenantKind)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        to_field="key",
        db_column="parent_key",
        related_name="children",
    )
    path = models.CharField(max_length=2000, unique=True, db_collation="C")
    depth = models.PositiveIntegerField(default=0)
    generation = models.PositiveIntegerField(default=1)
    auto_approve_limits = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["path"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(key__regex=KEY_PATTERN), name="tenant_key_is_a_label"
            ),
            models.CheckConstraint(
                condition=Q(path__endswith="/") & Q(path__startswith="/"),
                name="tenant_path_is_a_path",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=TenantKind.values), name="tenant_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.key
