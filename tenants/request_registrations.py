"""What capacity requests tell the chassis at start."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.jobs import periodic
from portal.live.topics import register
from portal.ui.nav import NavItem, nav_register
from portal.ui.panels import Panel, panel_register
from portal.viewer import Viewer
from tenants.models import CapacityRequest
from tenants.selectors.queue import requests_open
from tenants.services.requests import request_expire_due
from tenants.services.requests.tell import decided_settle, notice_kinds_register

EXPIRE_EVERY_SECONDS = 30
ITEMS = (
    NavItem(
        label=_("Queue"),
        url_name="request_queue",
        icon="inbox",
        area="ops",
        verb="request.view",
        group=_("Work"),
        order=30,
        letter="r",
        on_phone=True,
        waiting=True,
        count=lambda viewer, _tenant_key: requests_open(viewer),
        topic="requests",
    ),
    NavItem(
        label=_("Requests"),
        url_name="request_list",
        icon="file-text",
        area="tenant",
        verb="request.view",
        order=13,
        letter="r",
        on_phone=True,
        count=requests_open,
        topic="tenant:{}",
    ),
)
PANELS = (
    Panel("ops_home", "queue", _("Queue"), "queue_panel", "request.view", 10),
    Panel(
        "tenant",
        "requests",
        _("Requests"),
        "request_panel",
        "request.view",
        50,
        summary=True,
        rest="/api/v1/requests/?tenant={}",
    ),
    Panel("tenant_home", "requests", _("Requests"), "request_panel", "request.view", 50),
)


def requests_register() -> None:
    """Register topics, notices, navigation, panels, periodic work; called once, from `ready`."""
    register("request", _sees_request)
    register("requests", _sees_queue)
    notice_kinds_register()
    nav_register(*ITEMS)
    panel_register(*PANELS)
    periodic.register(
        name="requests-expire", every_seconds=EXPIRE_EVERY_SECONDS, run=request_expire_due
    )
    periodic.register(
        name="requests-settle", every_seconds=EXPIRE_EVERY_SECONDS, run=decided_settle
    )


def _sees_request(viewer: Viewer, ident: str) -> bool:
    rows = CapacityRequest.objects.visible_to(viewer).filter(pk=int(ident))
    tenant_key = rows.values_list("tenant_id", flat=True).first()
    return tenant_key is not None and viewer.can("request.view", tenant_key)


def _sees_queue(viewer: Viewer, ident: str) -> bool:
    return ident == "" and viewer.sees_all and viewer.can("request.view")
