"""Nodes."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from inventory.choices import ClusterState
from inventory.models.fact import Fact
from inventory.models.pool import Pool

TAKES_PODS = Q(ready=True, schedulable=True, cluster__state=ClusterState.CONNECTED)
"""The nodes of which `takes_pods` holds, for a query."""


class Node(Fact):
    """A node of a cluster, kept after it is gone (`gone_at`) because history names it.

    `allocatable` and `capacity` map "cpu" (milli-cores), "memory" (bytes), "pods", device types
    by their catalogue name, and keys that no mapping knows by the cluster's own name;
    `raw_allocatable` and `raw_capacity` keep all of the cluster's own names. `pool_label` is the
    value of berth.dev/pool that the node carries in the cluster.
    """

    taints = models.JSONField(default=list)
    ready = models.BooleanField(default=False)
    schedulable = models.BooleanField(default=True)
    allocatable = models.JSONField(default=dict)
    capacity = models.JSONField(default=dict)
    raw_allocatable = models.JSONField(default=dict)
    raw_capacity = models.JSONField(default=dict)
    conditions = models.JSONField(default=list)
    info = models.JSONField(default=dict)
    pool = models.ForeignKey(
        Pool, null=True, blank=True, on_delete=models.SET_NULL, related_name="nodes"
    )
    pool_label = models.CharField(max_length=63, blank=True, default="")
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta(Fact.Meta):
        abstract = False
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cluster", "uid"], name="node_uid_unique"),
            models.UniqueConstraint(
                fields=["cluster", "name"],
                condition=Q(gone_at=None),
                name="node_name_unique_while_there",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["pool"], condition=Q(gone_at=None), name="node_pool_there")
        ]

    @property
    def takes_pods(self) -> bool:
        """Whether new pods can go there now: only then is what it has usable.

        Nothing can where its cluster is away; reads the cluster's state.
        """
        return self.ready and self.schedulable and not self.cluster.away
