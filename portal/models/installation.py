"""Which installation of Berth this is."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Installation(models.Model):
    """The one row whose key is written on every object that Berth makes in a cluster."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    key = models.CharField(max_length=40)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="installation_only_one"),
        )

    def __str__(self) -> str:
        return self.key
