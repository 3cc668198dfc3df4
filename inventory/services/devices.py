"""The catalogue of device types and how clusters spell them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.inputs import (
    MAX_ORDERING,
    device_name_check,
    labels_check,
    number_check,
    resource_key_check,
    title_check,
)
from inventory.models import Cluster, DeviceMapping, DeviceType
from inventory.services.resolve import nodes_resolve
from inventory.services.writes import change_record
from portal.errors import Conflict, FieldErrors, NotFound
from portal.viewer import Viewer, authorize

MAX_BYTES = 2**53


@transaction.atomic
def device_type_create(
    *,
    name: str,
    title: str,
    viewer: Viewer,
    vendor: str = "",
    memory_bytes: int = 0,
    weight_milli: int = 1000,
) -> DeviceType:
    """Add a device type. Its name becomes a resource that quota is given in.

    Raises Invalid, Denied or Conflict (name taken).
    """
    authorize(viewer=viewer, verb="pool.edit")
    errors = FieldErrors()
    device_name_check(errors, "name", name)
    title_check(errors, "title", title)
    if vendor:
        title_check(errors, "vendor", vendor)
    number_check(errors, "memory_bytes", memory_bytes, least=0, most=MAX_BYTES)
    number_check(errors, "weight_milli", weight_milli, least=1, most=1000)
    errors.raise_any()
    device_type = DeviceType(name=name, title=title.strip(), vendor=vendor[:60])
    device_type.memory_bytes, device_type.weight_milli = memory_bytes, weight_milli
    try:
        with transaction.atomic():
            device_type.save(force_insert=True)
    except IntegrityError:
        text = _("There is already a device type named %(name)s. Choose another name.")
        raise Conflict(text % {"name": name}, code="device-type-taken") from None
    after = {"name": name, "title": title, "weight_milli": weight_milli}
    change_record(viewer=viewer, verb="device_type.create", row=device_type, after=after)
    return device_type


@transaction.atomic
def device_mapping_create(
    *,
    device_type: str,
    resource_key: str,
    viewer: Viewer,
    node_labels: Mapping[str, str] | None = None,
    cluster: str | None = None,
    ordering: int = 100,
) -> DeviceMapping:
    """Say that a resource key means a device type on nodes with these labels.

    Without `cluster` it holds on all. Nodes are divided anew. Raises Invalid, NotFound (no such
    type or cluster), Denied or Conflict (said already).
    """
    authorize(viewer=viewer, verb="pool.edit")
    errors = FieldErrors()
    resource_key_check(errors, "resource_key", resource_key)
    labels_check(errors, "node_labels", node_labels or {})
    number_check(errors, "ordering", ordering, least=0, most=MAX_ORDERING)
    errors.raise_any()
    found = DeviceType.objects.filter(name=device_type).first()
    place = _cluster(cluster)
    if found is None or (cluster and place is None):
        raise NotFound
    mapping = DeviceMapping(cluster=place, device_type=found, resource_key=resource_key)
    mapping.node_labels, mapping.ordering = dict(node_labels or {}), ordering
    try:
        with transaction.atomic():
            mapping.save(force_insert=True)
    except IntegrityError:
        text = _("For these labels the key %(key)s already means a device type.")
        raise Conflict(text % {"key": resource_key}, code="mapping-taken") from None
    nodes_resolve(now=timezone.now(), cluster_id=place.pk if place else None)
    change_record(
        viewer=viewer, verb="device_mapping.create", row=mapping, after=mapping_facts(mapping)
    )
    return mapping


@transaction.atomic
def device_mapping_delete(*, mapping_id: int, viewer: Viewer) -> None:
    """Take a mapping back; its keys become unknown where no other fits."""
    authorize(viewer=viewer, verb="pool.edit")
    mapping = (
        DeviceMapping.objects.select_related("device_type", "cluster").filter(pk=mapping_id).first()
    )
    if mapping is None:
        raise NotFound
    before, cluster_id = mapping_facts(mapping), mapping.cluster_id
    change_record(viewer=viewer, verb="device_mapping.delete", row=mapping, before=before)
    mapping.delete()
    nodes_resolve(now=timezone.now(), cluster_id=cluster_id)


def mapping_facts(mapping: DeviceMapping) -> dict[str, Any]:
    """What the audit log says of a mapping."""
    return {
        "device_type": mapping.device_type.name,
        "resource_key": mapping.resource_key,
        "node_labels": mapping.node_labels,
        "cluster": mapping.cluster.name if mapping.cluster else None,
        "ordering": mapping.ordering,
    }


def _cluster(name: str | None) -> Cluster | None:
    if not name:
        return None
    return Cluster.objects.present().filter(name=name).first()
