"""Filters of the inventory, shared by pages and REST."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from inventory.choices import ClusterState, NamespaceKind
from inventory.models import Cluster, DeviceType, Namespace, Node, Pool
from portal.ui.filters import BerthFilterSet

UNPOOLED = "-"
NODE_STATES = (
    ("ready", _("Ready")),
    ("cordoned", _("Cordoned")),
    ("not-ready", _("Not ready")),
)


def cluster_choices() -> list[tuple[str, str]]:
    """Clusters that are not removed."""
    rows = Cluster.objects.present().values_list("name", "title")
    return [(name, name) for name, _title in rows]


def pool_choices() -> list[tuple[str, Any]]:
    """All pools, and the nodes that belong to none."""
    return [*((name, name) for name in Pool.objects.values_list("name", flat=True))] + [
        (UNPOOLED, _("Unpooled"))
    ]


def device_choices() -> list[tuple[str, str]]:
    """The catalogue of device types."""
    return list(DeviceType.objects.values_list("name", "title"))


class NodeFilter(BerthFilterSet):
    """Nodes by cluster, pool, state and device type."""

    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label=_("Name"))
    cluster = django_filters.ChoiceFilter(
        field_name="cluster__name",
        choices=cluster_choices,
        label=_("Cluster"),
        empty_label=_("All clusters"),
    )
    pool = django_filters.ChoiceFilter(
        choices=pool_choices, method="by_pool", label=_("Pool"), empty_label=_("All pools")
    )
    state = django_filters.ChoiceFilter(
        choices=NODE_STATES, method="by_state", label=_("State"), empty_label=_("All states")
    )
    device = django_filters.ChoiceFilter(
        choices=device_choices,
        method="by_device",
        label=_("Device type"),
        empty_label=_("All devices"),
    )

    class Meta:
        model = Node
        fields: tuple[str, ...] = ("search", "cluster", "pool", "state", "device")

    def by_pool(self, rows: QuerySet[Node], _name: str, value: str) -> QuerySet[Node]:
        """One pool, or none."""
        return rows.filter(pool=None) if value == UNPOOLED else rows.filter(pool__name=value)

    def by_state(self, rows: QuerySet[Node], _name: str, value: str) -> QuerySet[Node]:
        """Ready means that it takes new pods."""
        if value == "not-ready":
            return rows.filter(ready=False)
        return rows.filter(ready=True, schedulable=value == "ready")

    def by_device(self, rows: QuerySet[Node], _name: str, value: str) -> QuerySet[Node]:
        """Nodes that have devices of a type."""
        return rows.filter(capacity__has_key=value).exclude(**{f"capacity__{value}": 0})


class NodeApiFilter(NodeFilter):
    """As on the page, and by `ready` alone."""

    ready = django_filters.BooleanFilter(label=_("Ready"))

    class Meta(NodeFilter.Meta):
        fields = (*NodeFilter.Meta.fields, "ready")


class ClusterFilter(BerthFilterSet):
    """Clusters by name and state."""

    search = django_filters.CharFilter(method="by_text", label=_("Name or title"))
    state = django_filters.ChoiceFilter(
        choices=[c for c in ClusterState.choices if c[0] != ClusterState.REMOVED],
        label=_("State"),
        empty_label=_("All states"),
    )

    class Meta:
        model = Cluster
        fields = ("search", "state")

    def by_text(self, rows: QuerySet[Cluster], _name: str, value: str) -> QuerySet[Cluster]:
        """Part of the name or of the title."""
        return rows.filter(Q(name__icontains=value) | Q(title__icontains=value))


class NamespaceFilter(BerthFilterSet):
    """Namespaces by cluster, owner and kind."""

    search = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label=_("Name"))
    cluster = django_filters.CharFilter(field_name="cluster__name", label=_("Cluster"))
    tenant = django_filters.CharFilter(field_name="tenant_key", label=_("Tenant"))
    kind = django_filters.ChoiceFilter(choices=NamespaceKind.choices, label=_("Kind"))
    assigned = django_filters.BooleanFilter(
        field_name="tenant_key", method="by_owner", label=_("Assigned")
    )

    class Meta:
        model = Namespace
        fields = ("search", "cluster", "tenant", "kind", "assigned")

    def by_owner(self, rows: QuerySet[Any], _name: str, value: bool) -> QuerySet[Any]:
        """Those that belong to a tenant, or to none."""
        return rows.exclude(tenant_key="") if value else rows.filter(tenant_key="")
