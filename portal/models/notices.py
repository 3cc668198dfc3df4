"""What a person is told: in the bell, by e-mail, or not at all."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.viewer import VisibleQuerySet


class EmailState(models.TextChoices):
    """Where the e-mail of a notice stands."""

    NONE = "none", _("Not wanted")
    QUEUED = "queued", _("To be sent")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Interrupted")


class Notice(models.Model):
    """One thing told to one person; kind and params become words when it is read."""

    user_id = models.BigIntegerField()
    tenant_key = models.CharField(max_length=40, blank=True, default="")
    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    in_bell = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True)
    email_state = models.CharField(
        max_length=8, choices=EmailState, default=EmailState.NONE, db_default=EmailState.NONE
    )
    email_attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    email_due_at = models.DateTimeField(null=True)
    email_error = models.CharField(max_length=200, blank=True, default="", db_default="")

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["user_id", "-id"], name="notice_user"),
            models.Index(
                fields=["user_id"],
                condition=models.Q(read_at__isnull=True, in_bell=True),
                name="notice_unread",
            ),
            models.Index(
                fields=["email_due_at"],
                condition=models.Q(email_state__in=["queued", "sending"]),
                name="notice_email_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class NoticePreference(models.Model):
    """Which ways a person wants to be told of one kind of notice; no row means the default."""

    user_id = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    bell = models.BooleanField()
    email = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user_id", "kind"], name="notice_preference_unique")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"
