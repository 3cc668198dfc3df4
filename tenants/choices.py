"""Closed lists of the tenants app."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TenantKind(models.TextChoices):
    """What a node of the tree stands for; rights don't depend on it."""

    ORGANISATION = "organisation", _("Organisation")
    DEPARTMENT = "department", _("Department")
    PROJECT = "project", _("Project")


class Role(models.TextChoices):
    """A person's role in one tenant and everything below it."""

    OWNER = "owner", _("Owner")
    MEMBER = "member", _("Member")
    VIEWER = "viewer", _("Viewer")


class PlatformRoleName(models.TextChoices):
    """A person's role in the whole installation."""

    OPERATOR = "operator", _("Operator")
    AUDITOR = "auditor", _("Auditor")


class Theme(models.TextChoices):
    """Which colours a person sees."""

    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Density(models.TextChoices):
    """How tall table rows are."""

    COMPACT = "compact", _("Compact")
    COMFORTABLE = "comfortable", _("Comfortable")
