"""Allocations, the decisions behind them, and who held what when."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from inventory.models import Cluster, Pool
from portal.viewer import VisibleQuerySet
from scheduling.choices import LIVE_STATES, AllocationKind, AllocationState, Priority, RunsAs
from scheduling.models.namespaces import TenantNamespace


class Allocation(models.Model):
    """What a tenant holds, or asked to hold.

    `shape` is the amount per replica, `charged` the whole: {"cpu": milli-cores, "memory": bytes,
    "<device type>": count}. `spec` is what a workload runs (image, command, args, env, ports).
    `consent` records what the tenant agreed to in the request: {"evict": bool, "rerun": bool}.
    `generation` counts successors of its object; `spec_hash` is what the mirror shows of the spec
    that Berth wrote last; `widened` says that its amounts are part of the namespace's quota.
    """

    tenant_key = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=AllocationKind)
    name = models.CharField(max_length=40)
    runs_as = models.CharField(max_length=10, choices=RunsAs, default=RunsAs.SERVICE)
    state = models.CharField(max_length=9, choices=AllocationState, default=AllocationState.PLANNED)
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    cluster = models.ForeignKey(
        Cluster, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    wanted_cluster = models.ForeignKey(
        Cluster, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    namespace = models.ForeignKey(
        TenantNamespace, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    replicas = models.PositiveIntegerField(default=1)
    shape = models.JSONField()
    charged = models.JSONField()
    spec = models.JSONField(default=dict)
    consent = models.JSONField(default=dict)
    priority = models.CharField(max_length=6, choices=Priority, default=Priority.NORMAL)
    preemptible = models.BooleanField(default=False)
    generation = models.PositiveIntegerField(default=1)
    object_uid = models.CharField(max_length=64, blank=True, default="")
    spec_hash = models.CharField(max_length=64, blank=True, default="")
    widened = models.BooleanField(default=False)
    reason = models.JSONField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    until_at = models.DateTimeField(null=True, blank=True)
    noticed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=150)
    active_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tenant_key", "name"],
                condition=Q(state__in=[str(state) for state in LIVE_STATES]),
                name="allocation_name_unique_while_live",
            ),
            models.CheckConstraint(condition=Q(replicas__gte=1), name="allocation_has_replicas"),
        ]
        indexes: ClassVar = [models.Index(fields=["tenant_key", "state"], name="allocation_state")]

    def __str__(self) -> str:
        return f"{self.ref} {self.name}"

    @property
    def ref(self) -> str:
        """The name people use: A-12."""
        return f"A-{self.pk}"

    @property
    def holder(self) -> str:
        """How commitments name a workload; open capacity is held by its namespace."""
        return f"allocation:{self.pk}"

    @property
    def object_name(self) -> str:
        """Name of its StatefulSet or Job; a successor can stand beside it."""
        return f"{self.name}-a{self.pk}-g{self.generation}"

    @property
    def job_key(self) -> str:
        """Key of every job that works on it, so that only one does at a time."""
        return f"allocation:{self.pk}"


class Decision(models.Model):
    """What the engine answered when it was asked for good: where, and why not elsewhere."""

    allocation = models.ForeignKey(Allocation, on_delete=models.CASCADE, related_name="decisions")
    job_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(db_default=Now())
    verdict = models.CharField(max_length=12)
    placements = models.JSONField(default=list)
    explain = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.allocation_id} {self.verdict}"


class ClaimInterval(models.Model):
    """That a pod held amounts on a node from one time to another; money and history read it.

    Rows are only added; the one change allowed is to set an open end, once.
    """

    tenant_key = models.CharField(max_length=40)
    allocation = models.ForeignKey(
        Allocation, null=True, on_delete=models.PROTECT, related_name="intervals"
    )
    holder = models.CharField(max_length=40)
    cluster = models.ForeignKey(Cluster, on_delete=models.PROTECT, related_name="+")
    pod_uid = models.CharField(max_length=64)
    pod_name = models.CharField(max_length=253)
    node_name = models.CharField(max_length=253)
    device = models.CharField(max_length=120, blank=True, default="")
    amounts = models.JSONField()
    from_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True, blank=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cluster", "pod_uid", "node_name", "from_at"], name="claim_interval_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["cluster", "pod_uid"], condition=Q(to_at=None), name="claim_interval_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pod_name}@{self.node_name}"
