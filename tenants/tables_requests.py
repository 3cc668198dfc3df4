"""The table of requests."""

from __future__ import annotations

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal.ui.html import two_lines_html
from portal.ui.tables import AgeColumn, BerthTable, NameColumn, StatusColumn
from tenants.models import CapacityRequest
from tenants.preview_words import VERDICT_CHIPS
from tenants.request_shown import decided_words, headline, request_status, what_words
from tenants.selectors.requests import request_terms_granted


class SizeColumn(django_tables2.Column):
    """The leading amount over its shape."""

    attrs = {"td": {"class": "b-num"}, "th": {"class": "b-num"}}

    def render(self, record: CapacityRequest) -> SafeString:
        """Number in bold, unit dim."""
        size = headline(record.kind, request_terms_granted(record))
        first = format_html('<b>{}</b> <span class="b-dim">{}</span>', size.number, size.unit)
        return two_lines_html(first, size.shape)


class RequestTable(BerthTable):
    """A tenant's requests."""

    caption = _("Requests")
    ref = NameColumn(
        verbose_name=_("Request"),
        order_by="id",
        url=lambda row: reverse("request_page", args=[row.tenant_id, row.pk]),
        context=what_words,
    )
    size = SizeColumn(verbose_name=_("Size"), empty_values=(), orderable=False)
    state = StatusColumn(verbose_name=_("State"), of=request_status)
    decided = django_tables2.Column(verbose_name=_("Decided by"), empty_values=(), orderable=False)
    created_by_label = django_tables2.Column(verbose_name=_("Asked by"))
    created_at = AgeColumn(verbose_name=_("Age"), order_by="-created_at")

    def render_decided(self, record: CapacityRequest) -> str:
        """A rule or a person; an en dash while nobody has."""
        return decided_words(record) or "–"


def verdict_chip(verdict: str) -> tuple[str, str, str] | None:
    """Text, tone and icon of a verdict's chip; None for no verdict."""
    found = VERDICT_CHIPS.get(verdict)
    return (str(found[0]), found[1], found[2]) if found else None
