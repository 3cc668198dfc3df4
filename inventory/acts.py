"""What the inventory records in the audit log, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ACTS: Mapping[str, StrOrPromise] = {
    "cluster.register": _("Cluster added"),
    "cluster.edit": _("Cluster changed"),
    "cluster.rotate": _("Credential replaced"),
    "cluster.renew": _("Credential renewed"),
    "cluster.pause": _("Cluster paused"),
    "cluster.resume": _("Cluster resumed"),
    "cluster.remove": _("Cluster removed"),
    "pool.create": _("Pool made"),
    "pool.edit": _("Pool changed"),
    "pool.reorder": _("Order of pools changed"),
    "pool.delete": _("Pool deleted"),
    "device_type.create": _("Device type added"),
    "device_mapping.create": _("Device mapping added"),
    "device_mapping.delete": _("Device mapping removed"),
    "namespace.claim": _("Namespace assigned"),
    "namespace.unclaim": _("Namespace no longer assigned"),
    "namespace.labels_differ": _("Labels of the namespace changed in the cluster"),
}
OBJECTS: Mapping[str, StrOrPromise] = {
    "cluster": _("Cluster"),
    "pool": _("Pool"),
    "device_type": _("Device type"),
    "device_mapping": _("Device mapping"),
    "namespace": _("Namespace"),
}
