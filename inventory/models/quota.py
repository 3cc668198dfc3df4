"""ResourceQuotas as the cluster shows them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from inventory.models.fact import Fact
from portal.viewer import VisibleQuerySet


class ResourceQuotaFact(Fact):
    """A ResourceQuota; amounts by the cluster's own quota keys in base units.

    `hard` is what was asked, `status_hard` what the cluster enforces, `used` what it counted.
    `managers` lists who wrote it: {"manager", "operation", "subresource", "time", "fields"}.
    """

    namespace = models.CharField(max_length=63)
    tenant_key = models.CharField(max_length=40, blank=True, default="")
    annotations = models.JSONField(default=dict)
    hard = models.JSONField(default=dict)
    status_hard = models.JSONField(default=dict)
    used = models.JSONField(default=dict)
    managers = models.JSONField(default=list)

    objects = VisibleQuerySet.as_manager()

    class Meta(Fact.Meta):
        abstract = False
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cluster", "uid"], name="quota_fact_uid_unique")
        ]
        indexes: ClassVar = [
            models.Index(fields=["cluster", "namespace", "name"], name="quota_fact_namespace")
        ]
