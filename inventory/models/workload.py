"""StatefulSets and Jobs as the cluster shows them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from inventory.models.fact import Fact
from portal.viewer import VisibleQuerySet


class WorkloadFact(Fact):
    """A StatefulSet or a Job.

    `replicas` is what should run at once (a Job's parallelism), `ready_replicas` what does;
    `counts` holds active, succeeded, failed, terminating, current, updated and completions as
    far as the cluster gives them. `managers` is as in ResourceQuotaFact.
    """

    kind = models.CharField(max_length=20)
    namespace = models.CharField(max_length=63)
    tenant_key = models.CharField(max_length=40, blank=True, default="")
    annotations = models.JSONField(default=dict)
    managers = models.JSONField(default=list)
    spec_hash = models.CharField(max_length=32)
    replicas = models.PositiveIntegerField(default=0)
    ready_replicas = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    conditions = models.JSONField(default=list)
    generation = models.BigIntegerField(default=0)
    observed_generation = models.BigIntegerField(default=0)
    suspended = models.BooleanField(default=False)

    objects = VisibleQuerySet.as_manager()

    class Meta(Fact.Meta):
        abstract = False
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cluster", "uid"], name="workload_fact_uid_unique")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["cluster", "namespace", "kind", "name"], name="workload_fact_namespace"
            )
        ]
