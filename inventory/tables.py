"""The tables of the inventory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from inventory.models import Node
from inventory.selectors.nodes import Capacity
from inventory.selectors.overview import (
    CONTACT_EVERY_SECONDS,
    ClusterRow,
    DeviceAmount,
    device_amounts,
    is_stale,
)
from inventory.words import cluster_status, node_status
from portal.joins import list_join
from portal.ui.html import amount_html, fresh_html
from portal.ui.tables import (
    AgeColumn,
    BerthTable,
    Empty,
    NameColumn,
    NumberColumn,
    StatusColumn,
)
from portal.ui.units import format_count, resource_title

NUMBER: Any = {"td": {"class": "b-num"}, "th": {"class": "b-num"}}


def stale_class(silent: bool) -> str:
    """Numbers of a row whose source is silent are dimmed."""
    return "is-stale" if silent else ""


def devices_html(devices: list[DeviceAmount]) -> SafeString:
    """Usable of installed by type: **8** / 8 H100; an en dash where there are none."""
    if not devices:
        return SafeString("–")
    parts = (
        format_html(
            '<span class="b-nowrap"><b>{}</b> <span class="b-of">/ {}</span> {}</span>',
            format_count(device.usable),
            format_count(device.installed),
            resource_title(device.name),
        )
        for device in devices
    )
    return format_html("<span>{}</span>", SafeString(list_join(parts)))


class UsableNodesColumn(django_tables2.Column):
    """Nodes that take pods, of all."""

    attrs: Any = NUMBER

    def render(self, record: ClusterRow) -> SafeString:
        """The number that matters in bold; an en dash where no node was ever reported."""
        if not record.capacity.nodes:
            return SafeString("–")
        return format_html(
            '<b>{}</b> <span class="b-of">/ {}</span>',
            format_count(record.capacity.usable_nodes),
            format_count(record.capacity.nodes),
        )


class DevicesColumn(django_tables2.Column):
    """Devices by type."""

    attrs: Any = {"td": {"class": "b-num b-wrap"}, "th": {"class": "b-num"}}

    def render(self, record: ClusterRow) -> SafeString:
        """Usable of installed."""
        return devices_html(record.devices)


class ContactColumn(django_tables2.Column):
    """Freshness chip."""

    attrs: Any = {"td": {"class": "b-num b-fit"}, "th": {"class": "b-num"}}

    def render(self, record: ClusterRow) -> SafeString:
        """Late from one interval on, silent from three, and at once where the cluster is lost."""
        return fresh_html(
            "", record.cluster.last_contact_at, CONTACT_EVERY_SECONDS, gone=record.cluster.lost
        )


class ClusterTable(BerthTable):
    """Clusters."""

    caption = _("Clusters")
    empty = Empty(
        title=_("No clusters yet"),
        text=_("A cluster joins with a ServiceAccount token: it takes about three minutes."),
        action=_("Add a cluster"),
        url="/ops/clusters/new/",
        icon="server-2",
        verb="cluster.edit",
    )
    name = NameColumn(
        verbose_name=_("Cluster"),
        url=lambda row: reverse("cluster_page", args=[row.cluster.name]),
        context=lambda row: row.cluster.title,
    )
    state = StatusColumn(
        verbose_name=_("State"), of=lambda row: cluster_status(row.cluster, silent=row.silent)
    )
    version = django_tables2.Column(verbose_name=_("Version"), empty_values=("",))
    nodes_usable = UsableNodesColumn(verbose_name=_("Nodes usable"))
    device_count = DevicesColumn(verbose_name=_("Devices usable / installed"))
    last_contact_at = ContactColumn(verbose_name=_("Last contact"), empty_values=())

    class Meta(BerthTable.Meta):
        row_attrs: Any = {"class": lambda record: stale_class(record.silent)}


class PoolColumn(django_tables2.Column):
    """The pool, or that there is none."""

    def render(self, record: Node) -> SafeString:
        """A link to the pools, and whether the label in the cluster says so too."""
        if record.pool is None:
            return format_html('<span class="b-dim">{}</span>', _("unpooled"))
        url = reverse("pool_page", args=[record.pool.name])
        return format_html('<a href="{}">{}</a>', url, record.pool.name)


class NodeDevicesColumn(django_tables2.Column):
    """Devices of a node."""

    attrs: Any = {"td": {"class": "b-num"}, "th": {"class": "b-num"}}

    def render(self, record: Node, table: NodeTable) -> SafeString:
        """Usable of installed."""
        return devices_html(table.devices_of(record))


class UsableColumn(django_tables2.Column):
    """An amount of a node: none of it is usable while the node takes no pods."""

    attrs: Any = NUMBER

    def __init__(self, *arguments: Any, resource: str, **options: Any) -> None:
        super().__init__(*arguments, default=_("not reported"), **options)
        self.resource = resource

    def render(self, value: int, record: Node) -> SafeString:
        """As with devices: what is usable, of what there is."""
        if record.takes_pods:
            return amount_html(value, self.resource)
        installed = amount_html(record.capacity.get(self.resource, value), self.resource)
        return format_html('<b>0</b> <span class="b-of">/ {}</span>', installed)


class NodeTable(BerthTable):
    """Nodes."""

    caption = _("Nodes")
    empty = Empty(
        title=_("No nodes seen yet"),
        text=_("Nodes appear by themselves as soon as a cluster is connected."),
        action=_("Add a cluster"),
        url="/ops/clusters/new/",
        icon="server",
        verb="cluster.edit",
    )
    name = NameColumn(
        verbose_name=_("Node"),
        url=lambda node: reverse("node_page", args=[node.cluster.name, node.name]),
    )
    cluster = django_tables2.Column(verbose_name=_("Cluster"), order_by="cluster__name")
    state = StatusColumn(
        verbose_name=_("State"),
        of=node_status,
        empty_values=(),
        order_by=("ready", "schedulable"),
    )
    pool = PoolColumn(verbose_name=_("Pool"), empty_values=(), order_by="pool__name")
    devices = NodeDevicesColumn(
        verbose_name=_("Devices usable / installed"), empty_values=(), orderable=False
    )
    cpu = UsableColumn(
        verbose_name=_("CPU"),
        accessor="allocatable__cpu",
        resource="cpu",
        order_by="allocatable__cpu",
    )
    memory = UsableColumn(
        verbose_name=_("Memory"),
        accessor="allocatable__memory",
        resource="memory",
        order_by="allocatable__memory",
    )
    pods = NumberColumn(verbose_name=_("Pods"), accessor="pod_count")
    created_at = AgeColumn(verbose_name=_("Age"))

    class Meta(BerthTable.Meta):
        row_attrs: Any = {
            "class": lambda record, table: stale_class(is_stale(record.cluster, now=table.now))
        }

    def __init__(self, rows: Any, *, now: datetime, **options: Any) -> None:
        self.now = now
        super().__init__(rows, **options)

    def devices_of(self, node: Node) -> list[DeviceAmount]:
        """Devices of one node by type."""
        return node_devices(node)


def node_devices(node: Node) -> list[DeviceAmount]:
    """Devices of a node: usable only while it takes pods."""
    usable = node.allocatable if node.takes_pods else {}
    return device_amounts(Capacity(1, 1, node.capacity, usable))
