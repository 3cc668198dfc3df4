"""Who may hear of changes in allocations, quota and drift."""

from __future__ import annotations

from portal.live.topics import MaySubscribe, register
from portal.viewer import Viewer
from scheduling.models import Allocation


def topics_register() -> None:
    """Make the topics of this app known; called once, from `ready`."""
    register("allocations", _all("allocation.view"))
    register("allocation", _allocation)
    register("quotas", _all("quota.view"))
    register("quota", lambda viewer, ident: viewer.sees(ident) and viewer.can("quota.view", ident))
    register("drift", _all("drift.view"))


def _all(verb: str) -> MaySubscribe:
    def may(viewer: Viewer, ident: str) -> bool:
        return ident == "" and viewer.sees_all and viewer.can(verb)

    return may


def _allocation(viewer: Viewer, ident: str) -> bool:
    rows = Allocation.objects.visible_to(viewer).filter(pk=int(ident))
    tenant_key = rows.values_list("tenant_key", flat=True).first()
    return tenant_key is not None and viewer.can("allocation.view", tenant_key)
