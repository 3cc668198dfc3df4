"""Live events on their way from a transaction to the browsers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class OutboxEvent(models.Model):
    """That something changed, committed together with the change.

    `transaction_id` is PostgreSQL's id of the writing transaction: equal events of one
    transaction are one row.
    """

    topic = models.CharField(max_length=160)
    kind = models.CharField(max_length=40)
    ids = models.JSONField(default=dict)
    ids_digest = models.CharField(max_length=32)
    transaction_id = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True)
    seq = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["transaction_id", "topic", "kind", "ids_digest"],
                condition=models.Q(published_at__isnull=True),
                name="outbox_once_a_transaction",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                condition=models.Q(published_at__isnull=True),
                name="outbox_unpublished",
            ),
            models.Index(fields=["published_at"], name="outbox_published"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.kind}"


class LiveTopic(models.Model):
    """The last number given out on a topic; written by the relay alone, so nobody waits for it."""

    topic = models.CharField(max_length=160, primary_key=True)
    seq = models.BigIntegerField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["updated_at"], name="live_topic_updated")]

    def __str__(self) -> str:
        return f"{self.topic}@{self.seq}"
