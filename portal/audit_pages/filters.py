"""Filters of the audit log, shared by page and REST."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.acts import objects_titled
from portal.models import AuditEntry
from portal.ui.filters import BerthFilterSet
from portal.ui.forms import LocalDateTimeInput


class AuditFilter(BerthFilterSet):
    """Entries by who, what, where and when; times without a zone are the viewer's."""

    actor = django_filters.CharFilter(
        field_name="actor_label", lookup_expr="icontains", label=_("Who")
    )
    verb = django_filters.CharFilter(lookup_expr="startswith", label=_("Act, such as pool.edit"))
    tenant = django_filters.CharFilter(field_name="tenant_key", label=_("Tenant"))
    target = django_filters.CharFilter(method="of_kind", label=_("Kind of object"))
    since = django_filters.IsoDateTimeFilter(
        field_name="at", lookup_expr="gte", label=_("From"), widget=LocalDateTimeInput
    )
    until = django_filters.IsoDateTimeFilter(
        field_name="at", lookup_expr="lt", label=_("Until"), widget=LocalDateTimeInput
    )

    class Meta:
        model = AuditEntry
        fields: tuple[str, ...] = ("actor", "verb", "tenant", "target", "since", "until")

    def of_kind(self, rows: QuerySet[AuditEntry], _name: str, value: str) -> QuerySet[AuditEntry]:
        """Objects of a kind, by its code or as the page names it."""
        return rows.filter(target_type__in=objects_titled(value))


class AuditApiFilter(AuditFilter):
    """As on the page, and by the object's id and the request."""

    target_id = django_filters.CharFilter(label=_("Id of the object"))
    request_id = django_filters.CharFilter(label=_("Request ID"))

    class Meta(AuditFilter.Meta):
        fields = (*AuditFilter.Meta.fields, "target_id", "request_id")
