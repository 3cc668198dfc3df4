"""Which form a request gets, filled from a draft, a clone, the address, or what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.ui.units import amount_text, resource_title
from portal.viewer import Viewer
from tenants.choices_requests import RequestKind
from tenants.forms_allocation import AllocationForm, allocation_initial
from tenants.forms_requests import (
    QuotaForm,
    RenewForm,
    RequestForm,
    base_to_shown,
    times_initial,
)
from tenants.models import CapacityRequest
from tenants.selectors.request_form import (
    cluster_names,
    guaranteed_now,
    pool_offer,
    renewable_list,
)

FROM_ADDRESS = (
    "pool",
    "device",
    "replicas",
    "devices",
    "cores",
    "memory",
    "name",
    "image",
    "allocation",
)


def form_build(
    *,
    kind: str,
    tenant_key: str,
    viewer: Viewer,
    data: QueryDict | None = None,
    query: QueryDict | None = None,
    source: CapacityRequest | None = None,
) -> RequestForm:
    """The form of a kind; `source` is the draft to go on with, or the request to clone."""
    initial = _initial(kind, query, source)
    if kind == RequestKind.QUOTA:
        return _quota_form(tenant_key, data, initial)
    if kind == RequestKind.RENEW:
        return _renew_form(tenant_key, viewer, data, initial)
    offer = pool_offer(chosen=_pool(data, initial))
    types = [(name, resource_title(name)) for name in offer.device_types]
    if offer.chosen is not None and not initial.get("pool"):
        initial["pool"] = offer.chosen.name
    if source is None and types:
        initial.setdefault("device", types[0][0])
    return AllocationForm(
        data,
        initial=initial,
        pools=[(pool.name, pool.name) for pool in offer.pools],
        device_types=types,
        clusters=cluster_names(),
    )


def device_choices(pool: str) -> list[tuple[str, str]]:
    """Options of the device field for a pool."""
    types = pool_offer(chosen=pool).device_types
    return [*((name, resource_title(name)) for name in types), ("", _("None, processor only"))]


def _quota_form(tenant_key: str, data: QueryDict | None, initial: dict[str, Any]) -> QuotaForm:
    offer = pool_offer(chosen=_pool(data, initial))
    now = guaranteed_now(tenant_key=tenant_key, offer=offer)
    amounts = {
        name: (resource_title(name), amount_text(value, name).unit or _("devices"), value)
        for name, value in now.items()
    }
    if offer.chosen is not None:
        initial["pool"] = offer.chosen.name
    pools = [(pool.name, pool.name) for pool in offer.pools]
    return QuotaForm(data, initial=initial, pools=pools, amounts=amounts)


def _renew_form(
    tenant_key: str, viewer: Viewer, data: QueryDict | None, initial: dict[str, Any]
) -> RenewForm:
    rows = renewable_list(tenant_key=tenant_key, viewer=viewer)
    choices = [(str(row.pk), f"{row.ref} {row.name}") for row in rows]
    return RenewForm(data, initial=initial, allocations=choices)


def _pool(data: QueryDict | None, initial: Mapping[str, Any]) -> str:
    return (data.get("pool") if data is not None else initial.get("pool")) or ""


def _initial(kind: str, query: QueryDict | None, source: CapacityRequest | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if source is not None and source.kind == kind:
        if kind == RequestKind.ALLOCATION:
            found = allocation_initial(source)
        else:
            found = times_initial(source) | _other_initial(source)
    for name in FROM_ADDRESS:
        if query is not None and query.get(name):
            found[name] = query[name][:60]
    return {name: value for name, value in found.items() if value is not None}


def _other_initial(source: CapacityRequest) -> dict[str, Any]:
    amounts = source.ask.get("guaranteed", {})
    return {
        "pool": source.ask.get("pool", ""),
        "allocation": str(source.ask.get("allocation", "")),
        **{f"g_{name}": base_to_shown(value, name) for name, value in amounts.items()},
    }
