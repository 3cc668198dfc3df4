"""Keys for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.viewer import VisibleQuerySet
from tenants.models.tenant import Tenant

MAX_LIFE = timedelta(days=90)


class ApiTokenQuerySet(VisibleQuerySet):
    """A platform token has no tenant: only who sees all sees it."""

    tenant_field: ClassVar[str] = "tenant_id"


class ApiToken(models.Model):
    """A program's key; the secret itself is never stored.

    Without a tenant it holds for the whole platform. It can never do more than its creator may do
    at the moment it is used.
    """

    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.PROTECT,
        null=True,
        to_field="key",
        db_column="tenant_key",
        related_name="tokens",
    )
    name = models.CharField(_("name"), max_length=80)
    public_id = models.CharField(max_length=12, unique=True, editable=False)
    digest = models.BinaryField(max_length=32, editable=False)
    pepper_number = models.PositiveSmallIntegerField(editable=False)
    scopes = ArrayField(models.CharField(max_length=40), verbose_name=_("scopes"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    enabled = models.BooleanField(default=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_used_ip = models.GenericIPAddressField(null=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"))
                & Q(expires_at__lte=F("created_at") + MAX_LIFE),
                name="token_expires_within_90_days",
            ),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="token_has_a_scope"),
        ]

    def __str__(self) -> str:
        return self.public_id
