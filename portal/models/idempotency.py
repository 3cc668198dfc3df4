"""Answers that were given to writes, so that a repeated write is answered, not repeated."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class IdempotentAnswer(models.Model):
    """What a write with this Idempotency-Key was answered; committed with its effect."""

    principal = models.CharField(max_length=80)
    key = models.CharField(max_length=128)
    request_digest = models.BinaryField()
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["principal", "key"], name="idempotency_unique")
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"
