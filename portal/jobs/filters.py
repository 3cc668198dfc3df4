"""Filters of jobs, shared by page and REST."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.jobs.registry import kinds
from portal.models.jobs import ACTIVE_STATES, JobRun, JobState
from portal.ui.filters import BerthFilterSet

ACTIVE = "active"


def kind_choices() -> list[tuple[str, Any]]:
    """Every known kind."""
    return sorted(((name, kind.title) for name, kind in kinds().items()), key=lambda c: c[0])


class JobFilter(BerthFilterSet):
    """Jobs by kind, state and tenant."""

    kind = django_filters.ChoiceFilter(
        choices=kind_choices, label=_("Kind"), empty_label=_("Any kind")
    )
    state = django_filters.ChoiceFilter(
        choices=[(ACTIVE, _("Not finished")), *JobState.choices],
        method="by_state",
        label=_("State"),
        empty_label=_("Any state"),
    )
    tenant = django_filters.CharFilter(
        field_name="tenant_key",
        label=_("Tenant"),
        widget=forms.TextInput(attrs={"placeholder": _("Tenant")}),
    )

    class Meta:
        model = JobRun
        fields: tuple[str, ...] = ("kind", "state", "tenant")

    def by_state(self, rows: QuerySet[JobRun], _name: str, value: str) -> QuerySet[JobRun]:
        """One state, or all that are not final."""
        return rows.filter(state__in=ACTIVE_STATES if value == ACTIVE else [value])


class JobApiFilter(JobFilter):
    """As on the page, and by what the job works on."""

    key = django_filters.CharFilter(field_name="key", label=_("Key"))

    class Meta(JobFilter.Meta):
        fields = ("kind", "state", "tenant", "key")
