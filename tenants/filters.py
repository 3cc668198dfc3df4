"""Filters shared by pages and REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters
from django import forms
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal.ui.filters import BerthFilterSet
from tenants.choices import PlatformRoleName, TenantKind
from tenants.models import Tenant

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def search_box(label: StrOrPromise) -> forms.TextInput:
    """A box that says what it searches; the filter bar hides labels from the eye."""
    return forms.TextInput(attrs={"placeholder": label, "type": "search"})


def yes_no(either: StrOrPromise, yes: StrOrPromise, no: StrOrPromise) -> forms.Select:
    """A choice between both, one and the other, in words."""
    return forms.Select(choices=[("", either), ("true", yes), ("false", no)])


class TenantFilter(BerthFilterSet):
    """Tenants by name, kind and state."""

    search = django_filters.CharFilter(
        method="by_text", label=_("Key or title"), widget=search_box(_("Key or title"))
    )
    kind = django_filters.ChoiceFilter(
        choices=TenantKind.choices, label=_("Kind"), empty_label=_("Any kind")
    )
    archived = django_filters.BooleanFilter(
        field_name="archived_at",
        lookup_expr="isnull",
        exclude=True,
        label=_("Archived"),
        widget=yes_no(_("In use and archived"), _("Archived"), _("In use")),
    )

    class Meta:
        model = Tenant
        fields: ClassVar[tuple[str, ...]] = ("search", "kind", "archived")

    def by_text(self, rows: QuerySet[Tenant], _name: str, value: str) -> QuerySet[Tenant]:
        """Part of the key or of the title."""
        return rows.filter(Q(key__icontains=value) | Q(title__icontains=value))


class TenantApiFilter(TenantFilter):
    """As on the page, and by parent."""

    parent = django_filters.CharFilter(field_name="parent_id", label=_("Parent"))

    class Meta(TenantFilter.Meta):
        fields: ClassVar[tuple[str, ...]] = ("search", "kind", "archived", "parent")


class UserFilter(BerthFilterSet):
    """Accounts by name and role."""

    search = django_filters.CharFilter(
        method="by_text", label=_("Name or e-mail"), widget=search_box(_("Name or e-mail"))
    )
    platform_role = django_filters.ChoiceFilter(
        field_name="platform_role__role",
        choices=PlatformRoleName.choices,
        label=_("Platform role"),
        empty_label=_("Any platform role"),
    )
    active = django_filters.BooleanFilter(
        field_name="is_active",
        label=_("Active"),
        widget=yes_no(_("Active and disabled"), _("Active"), _("Disabled")),
    )

    class Meta:
        model = User
        fields: ClassVar[tuple[str, ...]] = ("search", "platform_role", "active")

    def by_text(self, rows: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Part of the name or of the address."""
        names = Q(first_name__icontains=value) | Q(last_name__icontains=value)
        return rows.filter(names | Q(username__icontains=value) | Q(email__icontains=value))
