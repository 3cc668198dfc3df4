"""Pods."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from inventory.models.fact import Fact
from portal.viewer import VisibleQuerySet

DONE_PHASES = ("Succeeded", "Failed")


class Pod(Fact):
    """A pod: where it stands, what the scheduler counts for it, and what is wrong with it.

    `requests` are amounts by the cluster's own resource keys; `labels` are Berth's own only;
    `holder` is the value of berth.dev/allocation. A pod in a final phase holds nothing.
    """

    namespace = models.CharField(max_length=63)
    tenant_key = models.CharField(max_length=40, blank=True, default="")
    node_name = models.CharField(max_length=253, blank=True, default="")
    phase = models.CharField(max_length=20, blank=True, default="")
    ready = models.BooleanField(default=False)
    reason = models.CharField(max_length=120, blank=True, default="")
    message = models.CharField(max_length=500, blank=True, default="")
    restarts = models.PositiveIntegerField(default=0)
    requests = models.JSONField(default=dict)
    holder = models.CharField(max_length=63, blank=True, default="")
    owner_kind = models.CharField(max_length=63, blank=True, default="")
    owner_name = models.CharField(max_length=253, blank=True, default="")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = VisibleQuerySet.as_manager()

    class Meta(Fact.Meta):
        abstract = False
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cluster", "uid"], name="pod_uid_unique")
        ]
        indexes: ClassVar = [
            models.Index(fields=["cluster", "node_name"], name="pod_node"),
            models.Index(fields=["cluster", "namespace", "name"], name="pod_namespace"),
            models.Index(fields=["holder"], condition=~Q(holder=""), name="pod_holder"),
            models.Index(fields=["tenant_key"], name="pod_tenant"),
        ]

    @property
    def is_done(self) -> bool:
        """Tell whether it has ended and holds nothing any more."""
        return self.phase in DONE_PHASES
