"""The list of jobs."""

from __future__ import annotations

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.jobs.shown import job_progress, job_status, queued_words, took_text
from portal.jobs.words import job_object, kind_title, reason_shown
from portal.models.jobs import JobRun
from portal.ui.tables import AgeColumn, BerthTable, Empty, NameColumn, StatusColumn
from portal.viewer import Viewer


class ObjectColumn(django_tables2.Column):
    """What a job works on."""

    def render(self, record: JobRun) -> SafeString:
        """A link where some app knows the object, else the key."""
        found = job_object(record)
        if found is None:
            return format_html('<span class="b-quiet">{}</span>', record.key)
        return format_html('<a href="{}">{}</a>', found.url, found.label)


class StepColumn(django_tables2.Column):
    """Which step of how many."""

    attrs: Any = {"td": {"class": "b-num"}, "th": {"class": "b-num"}}

    def render(self, record: JobRun) -> SafeString:
        """3 / 5."""
        now, total = job_progress(record)
        return format_html('<b>{}</b> <span class="b-of">/ {}</span>', now, total)


class ReasonColumn(django_tables2.Column):
    """Why it waits, is parked or failed."""

    attrs: Any = {"td": {"class": "b-quiet b-clip-cell"}}

    def render(self, record: JobRun, table: JobTable) -> str:
        """As this viewer may read it; what nothing holds back waits for its time or its turn."""
        reason = reason_shown(record.reason, viewer=table.viewer)
        if reason:
            return reason.sentence()
        return queued_words(record) or "–"


class TookColumn(django_tables2.Column):
    """From start to end."""

    attrs: Any = {"td": {"class": "b-num"}, "th": {"class": "b-num"}}

    def render(self, record: JobRun) -> str:
        """Nothing while it runs."""
        if record.started_at is None or record.finished_at is None:
            return "–"
        return took_text((record.finished_at - record.started_at).total_seconds())


class JobTable(BerthTable):
    """Jobs, newest first."""

    caption = pgettext_lazy("of Berth", "Jobs")
    empty = Empty(
        title=_("No jobs yet"),
        text=_("Everything that touches a cluster is a job: it appears here by itself."),
        icon="list-check",
    )
    id = NameColumn(
        verbose_name=_("Job"),
        accessor="ref",
        order_by="id",
        url=lambda job: reverse("job_page", args=[job.pk]),
        context=lambda job: kind_title(job.kind),
    )
    state = StatusColumn(verbose_name=_("State"), of=job_status)
    step = StepColumn(verbose_name=_("Step"), orderable=False, empty_values=())
    key = ObjectColumn(verbose_name=_("Works on"))
    tenant_key = django_tables2.Column(verbose_name=_("Tenant"))
    reason = ReasonColumn(verbose_name=_("Reason"), orderable=False, empty_values=())
    requested_by_label = django_tables2.Column(
        verbose_name=_("Asked by"), accessor="asked_by", order_by="requested_by_label"
    )
    created_at = AgeColumn(verbose_name=_("Age"))
    took = TookColumn(verbose_name=_("Took"), orderable=False, empty_values=())

    class Meta(BerthTable.Meta):
        pass

    def __init__(self, rows: Any, *, viewer: Viewer, **options: Any) -> None:
        self.viewer = viewer
        super().__init__(rows, **options)
