"""Pools: the units for which quota is given."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Deferrable
from django.db.models.functions import Now

from inventory.models.cluster import Cluster


class Pool(models.Model):
    """Nodes chosen by labels, in some clusters or (where none is named) in all.

    A node belongs to the first pool by `ordering` that it fits. `selector` is a list of
    {"key", "operator": In|NotIn|Exists|DoesNotExist, "values"}, all of which must hold;
    `tolerations` are what pods of the pool get, as in Kubernetes.
    """

    name = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=120)
    ordering = models.PositiveIntegerField()
    selector = models.JSONField(default=list, blank=True)
    clusters = models.ManyToManyField(Cluster, blank=True, related_name="pools")
    tolerations = models.JSONField(default=list, blank=True)
    generation = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["ordering"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["ordering"], deferrable=Deferrable.DEFERRED, name="pool_ordering_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name
