"""What a person has kept of a list: its filters and order, under a name."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class SavedView(models.Model):
    """An address of one person's own; it says nothing of whether its page still opens."""

    user_id = models.BigIntegerField()
    name = models.CharField(max_length=60)
    path = models.CharField(max_length=200)
    query = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user_id", "path", "name"], name="saved_view_unique")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.user_id}"

    @property
    def url(self) -> str:
        """The list as it was kept."""
        return f"{self.path}?{self.query}" if self.query else self.path
