"""What scheduling records in the audit log, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from scheduling.choices import DriftKind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ACTS: Mapping[str, StrOrPromise] = {
    "quota.edit": _("Quota changed"),
    "allocation.plan": _("Allocation planned"),
    "allocation.extend": _("End of the allocation changed"),
    "allocation.release": _("Release asked for"),
    "allocation.replace": _("Other nodes asked for"),
    "drift.choose": _("Drift settled"),
    **{f"drift.{kind}": kind.label for kind in DriftKind},
}
OBJECTS: Mapping[str, StrOrPromise] = {
    "quota": _("Quota"),
    "allocation": _("Allocation"),
}
