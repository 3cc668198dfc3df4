"""Filters of allocations, quota and drift, shared by pages and REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from inventory.filters import cluster_choices
from inventory.models import Pool
from portal.pages import viewer_of
from portal.ui.filters import BerthFilterSet, WordedBoolean
from scheduling.choices import LIVE_STATES, AllocationKind, AllocationState, DriftKind
from scheduling.models import Allocation, Drift, Quota, QuotaNode

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LIVE = "live"
MOST_TENANTS = 100  # so many fit a list to choose from; where there are more, one types


def _hinted(hint: StrOrPromise) -> forms.TextInput:
    """A box that says what to type: its label is for screen readers only."""
    return forms.TextInput(attrs={"placeholder": hint})


def pool_names() -> list[tuple[str, str]]:
    """The pools, in their order."""
    return [(name, name) for name in Pool.objects.values_list("name", flat=True)]


class TenantChoice(django_filters.CharFilter):
    """A tenant that the viewer sees: chosen where they fit a list, else typed."""

    def __init__(self, *arguments: Any, empty_label: StrOrPromise, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.empty_label = empty_label

    @property
    def field(self) -> forms.Field:
        """Made once for each request, since the tenants are asked for here."""
        if not hasattr(self, "_field"):
            keys = _tenant_keys(self.parent)
            choices = [("", self.empty_label), *((key, key) for key in keys)]
            self._field = (
                forms.ChoiceField(label=self.label, choices=choices, required=False)
                if keys
                else super().field
            )
        return self._field


def _tenant_keys(filters: Any) -> list[str]:
    """Keys of the viewer's tenants, asked for once for all filters; none where they are many."""
    if not hasattr(filters, "tenant_keys"):
        rows = QuotaNode.objects.visible_to(viewer_of(filters.request)).order_by("tenant_key")
        keys = list(rows.values_list("tenant_key", flat=True)[: MOST_TENANTS + 1])
        filters.tenant_keys = keys if len(keys) <= MOST_TENANTS else []
    found: list[str] = filters.tenant_keys
    return found


class AllocationFilter(BerthFilterSet):
    """Allocations by name, state, kind and pool."""

    search = django_filters.CharFilter(method="by_text", label=_("Name"), widget=_hinted(_("Name")))
    state = django_filters.ChoiceFilter(
        choices=[(LIVE, _("Not ended")), *AllocationState.choices],
        method="by_state",
        label=_("State"),
        empty_label=_("Any state"),
    )
    kind = django_filters.ChoiceFilter(
        choices=AllocationKind.choices, label=_("Kind"), empty_label=_("Any kind")
    )
    pool = django_filters.CharFilter(
        field_name="pool__name", label=_("Pool"), widget=_hinted(_("Pool"))
    )

    class Meta:
        model = Allocation
        fields: tuple[str, ...] = ("search", "state", "kind", "pool")

    def by_text(self, rows: QuerySet[Allocation], _name: str, value: str) -> QuerySet[Allocation]:
        """Part of the name, or the number as in A-12."""
        number = value.upper().removeprefix("A-")
        found = Q(name__icontains=value)
        if number.isdecimal() and len(number) < 18:
            found |= Q(pk=int(number))
        return rows.filter(found)

    def by_state(self, rows: QuerySet[Allocation], _name: str, value: str) -> QuerySet[Allocation]:
        """One state, or all that have not ended."""
        return rows.filter(state__in=LIVE_STATES if value == LIVE else [value])


class AllocationAllFilter(AllocationFilter):
    """As above, and by tenant, branch of the tree and cluster."""

    tenant = django_filters.CharFilter(
        field_name="tenant_key", label=_("Tenant"), widget=_hinted(_("Tenant"))
    )
    below = django_filters.CharFilter(
        method="by_branch", label=_("Tenant or below"), widget=_hinted(_("Tenant or below"))
    )
    cluster = django_filters.CharFilter(
        field_name="cluster__name", label=_("Cluster"), widget=_hinted(_("Cluster"))
    )

    class Meta(AllocationFilter.Meta):
        fields = ("search", "state", "kind", "pool", "tenant", "below", "cluster")

    def by_branch(self, rows: QuerySet[Allocation], _name: str, value: str) -> QuerySet[Allocation]:
        """A tenant's and those of all tenants below it."""
        path = QuotaNode.objects.filter(tenant_key=value).values_list("path", flat=True).first()
        if path is None:
            return rows.none()
        branch = QuotaNode.objects.filter(path__startswith=path)
        return rows.filter(tenant_key__in=branch.values("tenant_key"))


class AllocationPageFilter(AllocationFilter):
    """As above on a tenant's page, the pool chosen from those that there are."""

    pool = django_filters.ChoiceFilter(
        field_name="pool__name", choices=pool_names, label=_("Pool"), empty_label=_("All pools")
    )


class AllocationAllPageFilter(AllocationPageFilter, AllocationAllFilter):
    """And on the operators', tenants and clusters."""

    tenant = TenantChoice(
        field_name="tenant_key",
        label=_("Tenant"),
        widget=_hinted(_("Tenant")),
        empty_label=_("All tenants"),
    )
    below = TenantChoice(
        method="by_branch",
        label=_("Tenant or below"),
        widget=_hinted(_("Tenant or below")),
        empty_label=_("Any branch"),
    )
    cluster = django_filters.ChoiceFilter(
        field_name="cluster__name",
        choices=cluster_choices,
        label=_("Cluster"),
        empty_label=_("All clusters"),
    )

    class Meta(AllocationAllFilter.Meta):
        pass


class QuotaFilter(BerthFilterSet):
    """Quota by tenant, pool and resource."""

    tenant = django_filters.CharFilter(
        field_name="tenant_key", label=_("Tenant"), widget=_hinted(_("Tenant"))
    )
    pool = django_filters.CharFilter(
        field_name="pool__name", label=_("Pool"), widget=_hinted(_("Pool"))
    )
    resource = django_filters.CharFilter(
        field_name="resource", label=_("Resource"), widget=_hinted(_("Resource"))
    )

    class Meta:
        model = Quota
        fields: tuple[str, ...] = ("tenant", "pool", "resource")


class DriftFilter(BerthFilterSet):
    """Drift by kind, cluster and tenant; open ones unless asked otherwise."""

    kind = django_filters.ChoiceFilter(
        choices=DriftKind.choices, label=_("Kind"), empty_label=_("Any kind")
    )
    cluster = django_filters.CharFilter(
        field_name="cluster__name", label=_("Cluster"), widget=_hinted(_("Cluster"))
    )
    tenant = django_filters.CharFilter(
        field_name="tenant_key", label=_("Tenant"), widget=_hinted(_("Tenant"))
    )
    open = django_filters.BooleanFilter(
        field_name="resolved_at",
        lookup_expr="isnull",
        label=_("State"),
        widget=WordedBoolean(yes=_("Not settled"), no=_("Settled"), either=_("Settled or not")),
    )

    class Meta:
        model = Drift
        fields: tuple[str, ...] = ("kind", "cluster", "tenant", "open")


class DriftPageFilter(DriftFilter):
    """As above, clusters and tenants chosen from those that there are."""

    cluster = django_filters.ChoiceFilter(
        field_name="cluster__name",
        choices=cluster_choices,
        label=_("Cluster"),
        empty_label=_("All clusters"),
    )
    tenant = TenantChoice(
        field_name="tenant_key",
        label=_("Tenant"),
        widget=_hinted(_("Tenant")),
        empty_label=_("All tenants"),
    )
