"""How tenants and their requests are found by the search."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.search.kinds import Hit, Row, SearchKind, rows_with
from portal.viewer import Viewer
from tenants.models import CapacityRequest, Tenant


def requests(viewer: Viewer) -> QuerySet[Any]:
    """Requests with the name that was asked for, where there is one."""
    rows = CapacityRequest.objects.annotate(asked_name=KeyTextTransform("name", "ask"))
    return rows_with(rows, viewer, "request.view", field="tenant_id")


def tenant_hit(viewer: Viewer, row: Row) -> Hit:
    """A tenant, as operators or as its own people see it."""
    name = "tenant_page" if viewer.can("tenant.view") else "tenant_home"
    return Hit(row.label, row.key, reverse(name, args=[row.key]))


def request_hit(_viewer: Viewer, row: Row) -> Hit:
    """Number, name and tenant of a request."""
    label = f"#{row.key} {row.label}".strip()
    return Hit(label, row.note, reverse("request_page", args=[row.note, row.key]))


KINDS = (
    SearchKind(
        name="tenants",
        title=_("Tenants"),
        icon="sitemap",
        order=40,
        rows=lambda viewer: rows_with(Tenant.objects.all(), viewer, "tenant.view", field="key"),
        fields=("key", "title"),
        columns=("key", "title", ""),
        hit=tenant_hit,
    ),
    SearchKind(
        name="requests",
        title=_("Requests"),
        icon="inbox",
        order=50,
        rows=requests,
        fields=("asked_name", "tenant__key"),
        columns=("pk", "asked_name", "tenant_id"),
        hit=request_hit,
        ref="#",
    ),
)
