"""How a person wants to see Berth."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.choices import Density, Theme


class UserPreference(models.Model):
    """Language, colours, time zone, density; empty language or zone follows the browser."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preference"
    )
    language = models.CharField(_("language"), max_length=16, blank=True, default="")
    theme = models.CharField(_("colours"), max_length=8, choices=Theme, default=Theme.SYSTEM)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    density = models.CharField(
        _("density"), max_length=12, choices=Density, default=Density.COMPACT
    )
    shortcuts = models.BooleanField(_("keyboard shortcuts"), default=True)

    def __str__(self) -> str:
        return f"preference of {self.user_id}"
