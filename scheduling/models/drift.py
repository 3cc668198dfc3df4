"""Where a cluster differs from what Berth wrote there."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from inventory.models import Cluster
from portal.viewer import VisibleQuerySet
from scheduling.choices import DriftKind
from scheduling.models.allocations import Allocation


class Drift(models.Model):
    """A difference that a person may have to settle; one open row per object and kind."""

    tenant_key = models.CharField(max_length=40, blank=True, default="")
    allocation = models.ForeignKey(
        Allocation, null=True, blank=True, on_delete=models.CASCADE, related_name="drifts"
    )
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=DriftKind)
    object_kind = models.CharField(max_length=40)
    object_ref = models.CharField(max_length=320)
    manager = models.CharField(max_length=120, blank=True, default="")
    detail = models.JSONField(default=dict)
    seen_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True, blank=True)
    choice = models.CharField(max_length=20, blank=True, default="")

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cluster", "object_kind", "object_ref", "kind"],
                condition=Q(resolved_at=None),
                name="drift_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_ref}"
