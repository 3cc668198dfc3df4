"""Quota: what each level of the tree may hold, how much of it is held, and every move of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from inventory.models import Pool
from portal.viewer import VisibleQuerySet


class QuotaNode(models.Model):
    """A tenant's place in the tree, mirrored here for the counters.

    `path` holds the ids from the root down to this node, "/1/4/9/"; `depth` is 0 for a root.
    """

    tenant_key = models.CharField(max_length=40, unique=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=400, db_index=True)
    depth = models.PositiveSmallIntegerField(default=0)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["path"]

    def __str__(self) -> str:
        return self.tenant_key

    @property
    def chain_ids(self) -> list[int]:
        """Ids from the root down to this node."""
        return [int(part) for part in self.path.strip("/").split("/")]


class Quota(models.Model):
    """Limit and counters of one (tenant, pool, resource).

    Amounts are in the resource's base unit: milli-cores, bytes, devices. `reserved` is promised
    by a decision, `bound` is confirmed by the cluster, `releasing` is on its way back; their sum
    is what is allocated. The running program can't write the three counters itself: only the
    database function `berth_quota_move` can, and it writes the ledger row with them.
    """

    node = models.ForeignKey(QuotaNode, on_delete=models.PROTECT, related_name="quotas")
    tenant_key = models.CharField(max_length=40)
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    resource = models.CharField(max_length=63)
    guaranteed = models.BigIntegerField(default=0)
    borrow_limit = models.BigIntegerField(default=0)
    lend_limit = models.BigIntegerField(null=True, blank=True)
    weight = models.PositiveIntegerField(default=1)
    reserved = models.BigIntegerField(default=0)
    bound = models.BigIntegerField(default=0)
    releasing = models.BigIntegerField(default=0)
    generation = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(db_default=Now())

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["node__path", "pool_id", "resource"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["node", "pool", "resource"], name="quota_unique"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, bound__gte=0, releasing__gte=0, guaranteed__gte=0),
                name="quota_not_negative",
            ),
            # Nothing is borrowed or lent yet, whatever the columns for it say: cap is guaranteed.
            models.CheckConstraint(
                condition=Q(guaranteed__gte=F("reserved") + F("bound") + F("releasing")),
                name="quota_within_cap",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_key}/{self.pool_id}/{self.resource}"

    @property
    def cap(self) -> int:
        """What may be allocated at most."""
        return self.guaranteed

    @property
    def allocated(self) -> int:
        """What is allocated, releasing included: it is charged until the cluster let go."""
        return self.reserved + self.bound + self.releasing


class QuotaLedger(models.Model):
    """One move of counters; append-only. The sum of a quota's rows is its counters, always.

    `operation` names what moved, "A-12": with `direction` and quota it is unique, so
    that repeating a step after a crash moves nothing twice.
    """

    operation = models.CharField(max_length=60)
    direction = models.CharField(max_length=12)
    job_id = models.BigIntegerField(null=True)
    allocation_id = models.BigIntegerField(null=True, db_index=True)
    quota = models.ForeignKey(Quota, on_delete=models.PROTECT, related_name="ledger")
    d_reserved = models.BigIntegerField(default=0)
    d_bound = models.BigIntegerField(default=0)
    d_releasing = models.BigIntegerField(default=0)
    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["operation", "direction", "quota"], name="quota_ledger_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.direction}"


class QuotaChange(models.Model):
    """Who set which number of a quota, from what to what, and why; append-only."""

    quota = models.ForeignKey(Quota, on_delete=models.PROTECT, related_name="changes")
    field = models.CharField(max_length=20)
    old = models.BigIntegerField(null=True)
    new = models.BigIntegerField(null=True)
    who = models.CharField(max_length=150)
    why = models.TextField(blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.quota_id} {self.field}: {self.old} -> {self.new}"
