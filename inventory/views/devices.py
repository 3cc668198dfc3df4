"""The catalogue of device types and what resource keys mean."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from inventory.catalogue import GIB
from inventory.forms import DeviceTypeForm, MappingForm, labels_format
from inventory.models import DeviceMapping, DeviceType
from inventory.selectors.nodes import cluster_capacities, device_types, unknown_device_keys
from inventory.services.devices import (
    device_mapping_create,
    device_mapping_delete,
    device_type_create,
)
from inventory.titles import titles_forget
from inventory.views.common import Crumbs, cluster_names_present
from portal.attempts import form_attempt
from portal.joins import colon_join
from portal.pages import verb_required, viewer_of


@require_GET
@verb_required("node.view")
def device_list_page(request: HttpRequest) -> HttpResponseBase:
    """Types with the devices that there are, and the mappings in their order."""
    capacities = list(cluster_capacities().values())
    types: list[dict[str, Any]] = [
        {
            "type": found,
            "usable": sum(c.usable.get(found.name, 0) for c in capacities),
            "installed": sum(c.installed.get(found.name, 0) for c in capacities),
            "mappings": len(found.mappings.all()),
        }
        for found in device_types()
    ]
    mappings = DeviceMapping.objects.select_related("device_type", "cluster")
    context = {
        "types": sorted(types, key=lambda row: (not row["installed"], row["type"].name)),
        "mappings": [
            {"mapping": m, "labels": labels_format(m.node_labels)}
            for m in sorted(mappings, key=lambda m: (m.ordering, m.cluster_id is None, m.pk))
        ],
        "unknown": unknown_device_keys(),
        "may_edit": viewer_of(request).can("pool.edit"),
    }
    return render(request, "inventory/device_list.html", context)


@require_http_methods(["GET", "POST"])
@verb_required("pool.edit")
def device_type_new_page(request: HttpRequest) -> HttpResponseBase:
    """Add a type to the catalogue."""
    form = DeviceTypeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        attempt = form_attempt(form, lambda data: _type_create(request, data))
        if attempt.result is not None:
            titles_forget()
            messages.success(request, _("%(name)s exists.") % {"name": attempt.result.name})
            return redirect("device_list")
        status = attempt.status
    context = {"form": form, "crumbs": _crumbs()}
    return render(request, "inventory/device_type_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
@verb_required("pool.edit")
def mapping_new_page(request: HttpRequest) -> HttpResponseBase:
    """Say what a resource key means."""
    types = [(t.name, colon_join(t.name, t.title)) for t in DeviceType.objects.all()]
    form = MappingForm(
        request.POST or None,
        types=types,
        clusters=cluster_names_present(),
        initial={"resource_key": request.GET.get("key", "")[:317]},
    )
    status = 200
    if request.method == "POST":
        attempt = form_attempt(
            form,
            lambda data: device_mapping_create(
                viewer=viewer_of(request), **data | {"cluster": data["cluster"] or None}
            ),
        )
        if attempt.result is not None:
            messages.success(request, _("The mapping holds; nodes were counted anew."))
            return redirect("device_list")
        status = attempt.status
    context = {
        "form": form,
        "crumbs": _crumbs(),
        "unknown": unknown_device_keys(),
        "example": _mapping_example(),
    }
    return render(request, "inventory/mapping_new.html", context, status=status)


@require_POST
@verb_required("pool.edit")
def mapping_delete_act(request: HttpRequest, mapping_id: int) -> HttpResponseBase:
    """Take a mapping back."""
    device_mapping_delete(mapping_id=mapping_id, viewer=viewer_of(request))
    messages.success(request, _("The mapping is gone; nodes were counted anew."))
    return redirect("device_list")


def _mapping_example() -> str:
    """The body of the REST call, with a type that there is."""
    name = DeviceType.objects.values_list("name", flat=True).first()
    labels = {"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}
    return json.dumps(
        {"device_type": name or "h100", "resource_key": "nvidia.com/gpu", "node_labels": labels}
    )


def _type_create(request: HttpRequest, data: dict[str, object]) -> DeviceType:
    return device_type_create(
        name=str(data["name"]),
        title=str(data["title"]),
        vendor=str(data["vendor"]),
        memory_bytes=int(str(data["memory_gib"])) * GIB,
        weight_milli=int(str(data["weight_milli"])),
        viewer=viewer_of(request),
    )


def _crumbs() -> Crumbs:
    return [(_("Device types"), reverse("device_list"))]
