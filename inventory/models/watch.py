"""How fresh the mirror is."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from inventory.choices import FactKind, WatchPhase
from inventory.models.cluster import Cluster


class WatchState(models.Model):
    """What the watcher of one kind in one cluster is doing, and since when.

    `resource_version` is where a watch goes on after a restart; `last_event_at` is the last sign
    of life (event, bookmark or list); `diff_on_relist` counts what relisting found changed that
    no event had told, since the row was made.
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="watches")
    kind = models.CharField(max_length=20, choices=FactKind)
    state = models.CharField(max_length=10, choices=WatchPhase, default=WatchPhase.STOPPED)
    resource_version = models.CharField(max_length=40, blank=True, default="")
    last_event_at = models.DateTimeField(null=True)
    last_list_at = models.DateTimeField(null=True)
    diff_on_relist = models.PositiveBigIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["cluster_id", "kind"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cluster", "kind"], name="watch_state_unique")
        ]

    def __str__(self) -> str:
        return f"{self.cluster_id}/{self.kind}: {self.state}"
