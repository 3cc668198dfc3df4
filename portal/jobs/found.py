"""How jobs are found by the search."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import pgettext_lazy

from portal.jobs.selectors import jobs_visible
from portal.jobs.words import kind_title
from portal.models.jobs import JobState
from portal.search.kinds import Hit, Row, SearchKind
from portal.viewer import Viewer


def job_hit(_viewer: Viewer, row: Row) -> Hit:
    """Number and kind of a job."""
    state = str(JobState(row.note).label)
    return Hit(f"J-{row.key} {kind_title(row.label)}", state, reverse("job_page", args=[row.key]))


JOBS = SearchKind(
    name="jobs",
    title=pgettext_lazy("of Berth", "Jobs"),
    icon="list-check",
    order=70,
    rows=lambda viewer: jobs_visible(viewer=viewer),
    fields=("kind", "key"),
    columns=("pk", "kind", "state"),
    hit=job_hit,
    ref="J-",
)
