"""Filters of requests, shared by pages and REST."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.ui.filters import BerthFilterSet
from scheduling.filters import pool_names
from tenants.choices_requests import OPEN_STATES, RequestKind, RequestStage, RequestState
from tenants.models import CapacityRequest

ORDERINGS = {
    "-id": _("Newest first"),
    "id": _("Oldest first"),
    "due_at": _("Least time left first"),
}

OPEN_OR_ENDED = (("", _("Open or ended")), ("true", _("Open")), ("false", _("Ended")))


class RequestFilter(BerthFilterSet):
    """Requests by state, kind, pool and text."""

    search = django_filters.CharFilter(method="by_text", label=_("Name, person, number"))
    state = django_filters.ChoiceFilter(
        choices=RequestState.choices, label=_("State"), empty_label=_("Any state")
    )
    stage = django_filters.ChoiceFilter(
        choices=RequestStage.choices, label=_("Stage"), empty_label=_("Any stage")
    )
    kind = django_filters.ChoiceFilter(
        choices=RequestKind.choices, label=_("Kind"), empty_label=_("Any kind")
    )
    pool = django_filters.CharFilter(method="by_pool", label=_("Pool"))
    open = django_filters.BooleanFilter(
        method="by_open", label=_("Open"), widget=forms.Select(choices=OPEN_OR_ENDED)
    )

    class Meta:
        model = CapacityRequest
        fields = ("search", "state", "stage", "kind", "pool", "open")

    def by_text(
        self, rows: QuerySet[CapacityRequest], _name: str, value: str
    ) -> QuerySet[CapacityRequest]:
        """The name asked for, the person, the tenant's key, or the number."""
        found = Q(ask__name__icontains=value) | Q(created_by_label__icontains=value)
        found |= Q(tenant__key__icontains=value)
        number = value.lstrip("#")
        if number.isdecimal() and len(number) < 19:
            found |= Q(pk=int(number))
        return rows.filter(found)

    def by_pool(
        self, rows: QuerySet[CapacityRequest], _name: str, value: str
    ) -> QuerySet[CapacityRequest]:
        """What was asked for in a pool, renewals of what stands in it included."""
        renewals = Q(kind=RequestKind.RENEW, allocation__pool__name=value)
        return rows.filter(Q(ask__pool=value) | renewals)

    def by_open(
        self, rows: QuerySet[CapacityRequest], _name: str, value: bool
    ) -> QuerySet[CapacityRequest]:
        """Whether somebody still has to do something."""
        undecided = Q(state__in=OPEN_STATES)
        return rows.filter(undecided if value else ~undecided)


class RequestPageFilter(RequestFilter):
    """As above on a tenant's page, the pool chosen from those that there are."""

    pool = django_filters.ChoiceFilter(
        method="by_pool", choices=pool_names, label=_("Pool"), empty_label=_("All pools")
    )

    class Meta(RequestFilter.Meta):
        pass


class RequestApiFilter(RequestFilter):
    """As on the page, with several states, tenant and order in the address."""

    state = django_filters.MultipleChoiceFilter(choices=RequestState.choices, label=_("State"))
    tenant = django_filters.CharFilter(field_name="tenant_id", label=_("Tenant"))
    ordering = django_filters.ChoiceFilter(
        method="by_order", choices=list(ORDERINGS.items()), label=_("Order")
    )

    class Meta(RequestFilter.Meta):
        fields: Any = (*RequestFilter.Meta.fields, "tenant", "ordering")

    def by_order(
        self, rows: QuerySet[CapacityRequest], _name: str, _value: str
    ) -> QuerySet[CapacityRequest]:
        """The page of results orders by itself, since its cursor has to know."""
        return rows
