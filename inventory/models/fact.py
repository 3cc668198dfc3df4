"""What every mirrored object has in common."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from inventory.models.cluster import Cluster


class Fact(models.Model):
    """A copy of an object of a cluster.

    `seen_at` is when the mirror last found it changed; how fresh the mirror as a whole is stands
    in WatchState. `resource_version` is the cluster's, to be compared for equality only.
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="+")
    uid = models.CharField(max_length=64)
    name = models.CharField(max_length=253)
    labels = models.JSONField(default=dict)
    resource_version = models.CharField(max_length=40)
    created_at = models.DateTimeField(null=True)
    deleting_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering: ClassVar = ["cluster_id", "name"]

    def __str__(self) -> str:
        return self.name
