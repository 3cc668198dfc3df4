"""Tables of allocations and drift."""

from __future__ import annotations

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.joins import comma_join
from portal.ui.html import chip_html, rel_time_html, status_html
from portal.ui.tables import AgeColumn, BerthTable, Empty, NameColumn, SelectColumn
from scheduling.choices import ENDED_STATES
from scheduling.models import Allocation, Drift
from scheduling.services.allocations import COMING, RELEASABLE
from scheduling.words import allocation_status, amounts_words, kind_words


def allocation_name(allocation: Allocation) -> str:
    """How a sentence or a box names it."""
    return f"{allocation.ref} {allocation.name}"


def _releasable(allocation: Allocation) -> str:
    return allocation_name(allocation) if allocation.state in (*RELEASABLE, *COMING) else ""


def drift_name(drift: Drift) -> str:
    """How a sentence or a box names it."""
    return f"{drift.object_kind} {drift.object_ref}"


class StateColumn(django_tables2.Column):
    """State, with its unfinished job and a mark where the cluster differs."""

    attrs: Any = {"td": {"class": "b-lead"}}

    def render(self, record: Allocation) -> SafeString:
        """Icon and word, then the job's number."""
        status = status_html(*allocation_status(record))
        job = getattr(record, "active_job", None)
        link = (
            format_html(
                ' <a class="b-quiet" href="{}">J-{}</a>', reverse("job_page", args=[job]), job
            )
            if job
            else ""
        )
        drift = (
            chip_html(_("drift"), "warn", "git-compare") if getattr(record, "drifted", None) else ""
        )
        return format_html('<span class="b-row">{}{}{}</span>', status, link, drift)


class SizeColumn(django_tables2.Column):
    """All that it is charged."""

    attrs: Any = {"td": {"class": "b-nowrap"}}

    def render(self, record: Allocation) -> SafeString:
        """Devices first."""
        return format_html("{}", amounts_words(record.charged))


class WhereColumn(django_tables2.Column):
    """Pool and cluster."""

    def render(self, record: Allocation) -> SafeString:
        """Cluster and pool, as on its own page."""
        if record.cluster is not None:
            place = '{} <span class="b-quiet">/ {}</span>'
            return format_html(place, record.cluster.name, record.pool.name)
        ended = record.state in ENDED_STATES
        words = "–" if ended else _("not placed yet")
        return format_html('{} <span class="b-quiet">{}</span>', record.pool.name, words)


class UntilColumn(django_tables2.Column):
    """Time left."""

    attrs: Any = {"td": {"class": "b-num"}, "th": {"class": "b-num"}}

    def render(self, record: Allocation) -> SafeString | str:
        """No end is an answer too."""
        if record.state in ENDED_STATES:
            return "–"
        return rel_time_html(record.until_at, until=True) if record.until_at else str(_("no end"))


class AllocationTable(BerthTable):
    """Allocations, newest first."""

    caption = _("Allocations")
    empty = Empty(
        title=_("No allocations yet"),
        text=_("An allocation is what a tenant holds: a workload on chosen nodes, or open room."),
        icon="stack-2",
    )
    select = SelectColumn(of=_releasable)
    name = NameColumn(
        verbose_name=_("Allocation"),
        url=lambda a: reverse("allocation_page", args=[a.tenant_key, a.pk]),
        context=lambda a: comma_join((a.ref, kind_words(a))),
    )
    state = StateColumn(verbose_name=_("State"))
    tenant_key = django_tables2.Column(verbose_name=_("Tenant"))
    size = SizeColumn(verbose_name=_("Size"), empty_values=(), orderable=False)
    pool = WhereColumn(verbose_name=_("Where"), order_by="pool__name")
    created_at = AgeColumn(verbose_name=_("Age"))
    until_at = UntilColumn(verbose_name=_("Time left"), empty_values=())

    class Meta(BerthTable.Meta):
        pass


class DriftTable(BerthTable):
    """Where clusters differ from what Berth wrote."""

    caption = _("Drift")
    empty = Empty(
        title=_("No drift"),
        text=_("Every object is as Berth wrote it, on all clusters that can be reached."),
        icon="circle-check",
    )
    select = SelectColumn(of=lambda drift: "" if drift.resolved_at else drift_name(drift))
    object_ref = NameColumn(verbose_name=_("Object"), context=lambda d: d.object_kind)
    kind = django_tables2.Column(
        verbose_name=_("What happened"), accessor="get_kind_display", order_by="kind"
    )
    manager = django_tables2.Column(verbose_name=_("By"), default=_("not reported"))
    cluster = django_tables2.Column(verbose_name=_("Cluster"), accessor="cluster__name")
    allocation = django_tables2.Column(verbose_name=_("Allocation"))
    seen_at = AgeColumn(verbose_name=pgettext_lazy("how long", "For"))

    class Meta(BerthTable.Meta):
        pass

    def render_allocation(self, value: Allocation) -> SafeString:
        """A link."""
        url = reverse("allocation_page", args=[value.tenant_key, value.pk])
        return format_html('<a href="{}">{}</a>', url, value.ref)
