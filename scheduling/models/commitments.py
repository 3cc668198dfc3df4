"""How much of each node is promised, and to whom."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from inventory.models import Cluster
from portal.viewer import VisibleQuerySet


class NodeCommitment(models.Model):
    """The room of one (node, resource): free = allocatable - foreign - committed.

    `allocatable` and `foreign` (requests of bound pods that are not Berth's) are facts, written
    with the facts in one transaction; `committed` is the sum of the node's Commitment rows.
    Facts may shrink below what is promised: then free is negative and the node is over-committed.
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="+")
    node_uid = models.CharField(max_length=64)
    node_name = models.CharField(max_length=253)
    resource = models.CharField(max_length=120)
    allocatable = models.BigIntegerField(default=0)
    foreign = models.BigIntegerField(default=0)
    committed = models.BigIntegerField(default=0)
    generation = models.PositiveBigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["cluster_id", "node_uid", "resource"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cluster", "node_uid", "resource"], name="node_commitment_unique"
            ),
            models.CheckConstraint(
                condition=Q(committed__gte=0, foreign__gte=0), name="node_commitment_not_negative"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["cluster", "node_name"], name="node_commitment_name")
        ]

    def __str__(self) -> str:
        return f"{self.node_name}/{self.resource}"

    @property
    def free(self) -> int:
        """Room for another decision; negative when over-committed."""
        return self.allocatable - self.foreign - self.committed


class Commitment(models.Model):
    """What a holder has on a node: `committed` by decision, `bound` of it by pods that run there.

    A holder is a workload, "allocation:12", or an open namespace, "namespace:3", whose pods
    Berth did not start and can't tell apart by allocation.
    """

    holder = models.CharField(max_length=40)
    tenant_key = models.CharField(max_length=40)
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="+")
    node_uid = models.CharField(max_length=64)
    node_name = models.CharField(max_length=253)
    resource = models.CharField(max_length=120)
    committed = models.BigIntegerField(default=0)
    bound = models.BigIntegerField(default=0)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["cluster_id", "node_uid", "resource", "holder"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cluster", "node_uid", "resource", "holder"], name="commitment_unique"
            ),
            models.CheckConstraint(
                condition=Q(bound__gte=0, committed__gte=models.F("bound")),
                name="commitment_covers_bound",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["holder"], name="commitment_holder")]

    def __str__(self) -> str:
        return f"{self.holder}@{self.node_name}/{self.resource}"
