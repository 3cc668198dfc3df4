"""Pages of jobs: the list, one job with its steps live, stopping it and trying it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from portal.errors import Conflict
from portal.jobs.filters import JobFilter
from portal.jobs.requests import job_cancel, job_retry
from portal.jobs.selectors import job_get, jobs_of_interest, jobs_visible
from portal.jobs.shown import job_context
from portal.jobs.tables import JobTable
from portal.models.jobs import ACTIVE_STATES, JobRun
from portal.pages import person_required, verb_required, viewer_of
from portal.ui.tables import table_build
from portal.viewer import Viewer

LIVE_ROWS = 20


@require_GET
@person_required
def job_list_page(request: HttpRequest) -> HttpResponseBase:
    """Every job that the viewer may see; what the clock does all the time only if asked for."""
    viewer = viewer_of(request)
    rows = jobs_visible(viewer=viewer)
    if not request.GET.get("kind"):
        rows = jobs_of_interest(rows)
    found = JobFilter(request.GET, queryset=rows, request=request)
    table = table_build(JobTable, found.qs, request=request, viewer=viewer)
    topics = "jobs" if viewer.sees_all else _own_topics(table, viewer)
    return render(
        request, "jobs/job_list.html", {"table": table, "filter": found, "topics": topics}
    )


@require_GET
@verb_required("job.view")
def tenant_job_list_page(request: HttpRequest, tenant_key: str) -> HttpResponseBase:
    """The jobs of one tenant."""
    viewer = viewer_of(request)
    rows = jobs_visible(viewer=viewer).filter(tenant_key=tenant_key)
    found = JobFilter(request.GET, queryset=rows, request=request)
    del found.form.fields["tenant"]
    table = table_build(JobTable, found.qs, request=request, viewer=viewer, exclude=("tenant_key",))
    context = {"table": table, "filter": found, "topics": _own_topics(table, viewer)}
    return render(request, "jobs/job_list.html", context | {"tenant_key": tenant_key})


@require_GET
@person_required
def job_page(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """One job: what it did, does and will do."""
    viewer = viewer_of(request)
    job = job_get(job_id=job_id, viewer=viewer)
    context = job_context(job=job, viewer=viewer, now=timezone.now())
    return render(request, "jobs/job_page.html", context | {"crumbs": _crumbs(job, viewer)})


@require_GET
@person_required
def job_part(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """Steps and log alone, for pages that show a job beside something else."""
    viewer = viewer_of(request)
    job = job_get(job_id=job_id, viewer=viewer)
    context = job_context(job=job, viewer=viewer, now=timezone.now(), attempts=False)
    return render(request, "jobs/_steps.html", context)


@require_POST
@person_required
def job_cancel_act(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """Ask for it to be stopped; what it did is undone."""
    viewer = viewer_of(request)
    job = job_get(job_id=job_id, viewer=viewer, verb="job.control")
    try:
        job_cancel(job=job, viewer=viewer)
        messages.success(request, _("%(job)s is being stopped.") % {"job": job.ref})
    except Conflict as error:
        messages.error(request, str(error))
    return redirect("job_page", job_id)


@require_POST
@person_required
def job_retry_act(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """Try again: a new job, or the same one where it was parked."""
    viewer = viewer_of(request)
    job = job_get(job_id=job_id, viewer=viewer, verb="job.control")
    try:
        again = job_retry(job=job, viewer=viewer)
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("job_page", job_id)
    messages.success(request, _("%(job)s is on its way.") % {"job": again.ref})
    return redirect("job_page", again.pk)


def _crumbs(job: JobRun, viewer: Viewer) -> list[tuple[str, str]]:
    """The list that the job stands in: a tenant's for its people, else everybody's."""
    tenant = job.tenant_key
    if not tenant or viewer.sees_all or not viewer.can("job.view", tenant):
        return [(pgettext("of Berth", "Jobs"), reverse("job_list"))]
    home = (tenant, reverse("tenant_home", args=[tenant]))
    return [home, (pgettext("of Berth", "Jobs"), reverse("tenant_job_list", args=[tenant]))]


def _own_topics(table: JobTable, viewer: Viewer) -> str:
    """Members hear of their tenants, and of the unfinished jobs on the page."""
    unfinished = [
        row.record.pk for row in table.paginated_rows if row.record.state in ACTIVE_STATES
    ]
    tenants = [key for key, verbs in viewer.tenant_verbs.items() if "tenant.view" in verbs]
    names = [f"job:{pk}" for pk in unfinished[:LIVE_ROWS]]
    return " ".join([*(f"tenant:{key}" for key in sorted(tenants)[:LIVE_ROWS]), *names])
