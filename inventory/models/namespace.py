"""Namespaces, and to whom they belong."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from inventory.choices import NamespaceKind
from inventory.models.cluster import Cluster
from inventory.models.fact import Fact
from portal.viewer import VisibleQuerySet


class Namespace(Fact):
    """A namespace of a cluster.

    `tenant_key` and `pool_name` come from Berth's own claim, never from the labels that the
    cluster shows; without a claim the namespace is unassigned (""). `labels_differ` says that the
    cluster's berth.dev labels differ from the claim.
    """

    annotations = models.JSONField(default=dict)
    phase = models.CharField(max_length=20, blank=True, default="")
    tenant_key = models.CharField(max_length=40, blank=True, default="")
    kind = models.CharField(max_length=8, choices=NamespaceKind, blank=True, default="")
    pool_name = models.CharField(max_length=40, blank=True, default="")
    labels_differ = models.BooleanField(default=False)

    objects = VisibleQuerySet.as_manager()

    class Meta(Fact.Meta):
        abstract = False
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cluster", "uid"], name="namespace_uid_unique")
        ]
        indexes: ClassVar = [
            models.Index(fields=["cluster", "name"], name="namespace_name"),
            models.Index(fields=["tenant_key"], name="namespace_tenant"),
        ]


class NamespaceClaim(models.Model):
    """That a namespace belongs to a tenant: Berth's own word, which wins over labels.

    It holds for one namespace by UID, so one that is deleted and made again by somebody else
    under the same name is not taken for ours.
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="+")
    uid = models.CharField(max_length=64)
    name = models.CharField(max_length=63)
    tenant_key = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=NamespaceKind)
    pool_name = models.CharField(max_length=40, blank=True, default="")
    claimed_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["cluster_id", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cluster", "uid"], name="namespace_claim_unique"),
            models.CheckConstraint(
                condition=~models.Q(uid="") & ~models.Q(tenant_key=""),
                name="namespace_claim_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.tenant_key}"
