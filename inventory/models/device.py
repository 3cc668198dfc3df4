"""The catalogue of device types and how clusters spell them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from inventory.models.cluster import Cluster


class DeviceType(models.Model):
    """A model of accelerator, or a partition of one, by the name under which quota is given.

    `weight_milli` is the share of a whole device in thousandths; `memory_bytes` 0 means unknown.
    """

    name = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=120)
    vendor = models.CharField(max_length=60, blank=True, default="")
    memory_bytes = models.PositiveBigIntegerField(default=0)
    weight_milli = models.PositiveIntegerField(default=1000)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(weight_milli__gte=1, weight_milli__lte=1000),
                name="device_type_weight_within_one",
            )
        ]

    def __str__(self) -> str:
        return self.name


class DeviceMapping(models.Model):
    """That a resource key means a device type on nodes with these labels.

    The first mapping by `ordering` that fits a node decides; without a cluster it holds for all.
    """

    cluster = models.ForeignKey(
        Cluster, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    device_type = models.ForeignKey(DeviceType, on_delete=models.PROTECT, related_name="mappings")
    resource_key = models.CharField(max_length=317)
    node_labels = models.JSONField(default=dict, blank=True)
    ordering = models.PositiveIntegerField(default=100)

    class Meta:
        ordering: ClassVar = ["ordering", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cluster", "resource_key", "node_labels"],
                nulls_distinct=False,
                name="device_mapping_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.resource_key} → {self.device_type_id}"
