"""What capacity requests tell the chassis at start."""

from __future__ import annotations

from portal.jobs import periodic
from portal.live.topics import register
from portal.viewer import Viewer
from tenants.models import CapacityRequest
from tenants.services.requests import request_expire_due
from tenants.services.requests.tell import notice_kinds_register

EXPIRE_EVERY_SECONDS = 30


def requests_register() -> None:
    """Register topics, notices and periodic work; called once, from `ready`."""
    register("request", _sees_request)
    register("requests", _sees_queue)
    notice_kinds_register()
    periodic.register(
        name="requests-expire", every_seconds=EXPIRE_EVERY_SECONDS, run=request_expire_due
    )


def _sees_request(viewer: Viewer, ident: str) -> bool:
    rows = CapacityRequest.objects.visible_to(viewer).filter(pk=int(ident))
    tenant_key = rows.values_list("tenant_id", flat=True).first()
    return tenant_key is not None and viewer.can("request.view", tenant_key)


def _sees_queue(viewer: Viewer, _ident: str) -> bool:
    return viewer.sees_all and viewer.can("request.view")
