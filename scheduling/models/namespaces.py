"""The namespaces that Berth keeps for tenants."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from inventory.models import Cluster, Pool
from portal.viewer import VisibleQuerySet


class NamespaceKind(models.TextChoices):
    """Who starts the pods: Berth (managed) or the tenant (open)."""

    MANAGED = "managed"
    OPEN = "open"


class TenantNamespace(models.Model):
    """One managed namespace per (tenant, cluster), one open one per (tenant, cluster, pool).

    `hard` is what its ResourceQuota was last confirmed to say, as raw keys and integers in base
    units; `uid` is empty until the namespace was seen, and `meant` until then says that Berth was
    about to make it; `furnished` is a digest of what was last put into it.
    """

    tenant_key = models.CharField(max_length=40)
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="+")
    pool = models.ForeignKey(
        Pool, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(max_length=8, choices=NamespaceKind)
    name = models.CharField(max_length=63)
    uid = models.CharField(max_length=64, blank=True, default="")
    meant = models.BooleanField(default=False)
    hard = models.JSONField(default=dict)
    furnished = models.CharField(max_length=64, blank=True, default="")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["cluster_id", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cluster", "name"], name="tenant_namespace_name"),
            models.UniqueConstraint(
                fields=["tenant_key", "cluster"],
                condition=Q(kind="managed"),
                name="tenant_namespace_one_managed",
            ),
            models.UniqueConstraint(
                fields=["tenant_key", "cluster", "pool"],
                condition=Q(kind="open"),
                name="tenant_namespace_one_open",
            ),
            models.CheckConstraint(
                condition=Q(kind="managed", pool=None) | Q(kind="open", pool__isnull=False),
                name="tenant_namespace_pool_iff_open",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def holder(self) -> str:
        """How commitments name an open namespace."""
        return f"namespace:{self.pk}"
