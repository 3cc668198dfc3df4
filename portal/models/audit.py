"""What was done, by whom: rows that are only ever added."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from portal.viewer import VisibleQuerySet


class AuditEntry(models.Model):
    """One act. `portal.audit.record` writes it; the last four columns belong to the database.

    They are filled at COMMIT (migration 0001), so they are empty inside the writing transaction.
    """

    at = models.DateTimeField(db_default=Now())
    actor_user_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200)
    actor_kind = models.CharField(max_length=12)
    verb = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=120)
    tenant_key = models.CharField(max_length=40, blank=True, default="")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.TextField(blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    job_id = models.BigIntegerField(null=True)
    chain_key = models.CharField(max_length=40, blank=True, default="")
    chain_seq = models.BigIntegerField(null=True)
    prev_hash = models.BinaryField(null=True)
    hash = models.BinaryField(null=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain_key", "chain_seq"], name="audit_chain_unique"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant_key", "-id"], name="audit_tenant"),
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
            models.Index(fields=["actor_user_id", "-id"], name="audit_actor"),
            models.Index(
                fields=["id"], condition=models.Q(hash__isnull=True), name="audit_unsealed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_type} {self.target_id}"


class AuditHead(models.Model):
    """The last link of each chain: shows when entries were cut off its end."""

    chain_key = models.CharField(max_length=40, primary_key=True)
    seq = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.chain_key}@{self.seq}"
