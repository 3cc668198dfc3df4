"""When a tenant may have a kubeconfig for an allocation."""

from __future__ import annotations

from django.utils.translation import gettext as _

from portal.errors import Conflict
from scheduling.choices import ENDED_STATES, AllocationKind
from scheduling.models import Allocation
from scheduling.services.open_capacity import kubeconfig_of


def kubeconfig_text(allocation: Allocation) -> str:
    """YAML. Raises Conflict for a workload, and while there is no namespace on a cluster."""
    if allocation.kind != AllocationKind.OPEN:
        raise Conflict(
            _("Only open capacity has a kubeconfig; Berth runs a workload's pods itself.")
        )
    if allocation.namespace_id is None or allocation.state in ENDED_STATES:
        raise Conflict(_("There is no namespace for it on a cluster now."))
    return kubeconfig_of(allocation=allocation)
