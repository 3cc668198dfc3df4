"""Which jobs a viewer may see, and everything that a job's page shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from portal.errors import NotFound
from portal.jobs.registry import kind_get, routine_kinds
from portal.models.jobs import (
    ACTIVE_STATES,
    RETRYABLE_STATES,
    JobAttempt,
    JobLog,
    JobRun,
    JobState,
    JobStep,
)
from portal.viewer import Viewer, authorize

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LOG_LINES = 400


@dataclass(frozen=True, slots=True)
class JobDetail:
    """A job with its rows: steps in order, the last lines of its log, its claims."""

    job: JobRun
    steps: list[JobStep]
    log: list[JobLog]
    attempts: list[JobAttempt] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JobActions:
    """What the viewer may do to a job now."""

    cancel: bool = False
    retry: bool = False
    resume: bool = False
    instead: StrOrPromise = ""


def jobs_visible(*, viewer: Viewer) -> QuerySet[JobRun]:
    """Jobs of the tenants in which the viewer may see jobs, newest first."""
    rows = JobRun.objects.visible_to(viewer).order_by("-id")
    if not viewer.can("job.view"):
        keys = [key for key, verbs in viewer.tenant_verbs.items() if "job.view" in verbs]
        rows = rows.filter(tenant_key__in=keys)
    return cast("QuerySet[JobRun]", rows)


def jobs_of_interest(rows: QuerySet[JobRun]) -> QuerySet[JobRun]:
    """Without what the clock does all the time, unless it went otherwise than it always does."""
    return rows.exclude(kind__in=routine_kinds(), state=JobState.SUCCEEDED)


def job_get(*, job_id: int, viewer: Viewer, verb: str = "job.view") -> JobRun:
    """One job, with `retry_ids` of the jobs that try it again.

    Raises NotFound where the viewer can't see it, Denied where the verb lacks.
    """
    again = JobRun.objects.filter(retry_of=OuterRef("pk")).order_by("pk").values("pk")
    rows = JobRun.objects.visible_to(viewer).annotate(retry_ids=ArraySubquery(again))
    found = rows.filter(pk=job_id).first()
    if found is None:
        raise NotFound
    authorize(viewer=viewer, verb=verb, tenant_key=found.tenant_key or None)
    return cast(JobRun, found)


def job_latest(*, key: str, viewer: Viewer) -> JobRun | None:
    """The last job of a key, with its steps at hand: one query for both."""
    newest = JobRun.objects.visible_to(viewer).filter(key=key).order_by("-id").values("pk")[:1]
    steps = list(JobStep.objects.filter(job__in=newest).select_related("job"))
    if not steps:
        return None
    job = cast(Any, steps[0].job)
    job._prefetched_objects_cache = {"steps": steps}
    return cast(JobRun, job)


def job_detail(*, job: JobRun, attempts: bool = True) -> JobDetail:
    """Everything below a job: two queries, three with attempts."""
    lines = list(JobLog.objects.filter(job=job).order_by("-id")[:LOG_LINES])
    return JobDetail(
        job=job,
        steps=list(job.steps.all()),
        log=lines[::-1],
        attempts=list(JobAttempt.objects.filter(job=job)[:50]) if attempts else [],
    )


def job_actions(*, job: JobRun, viewer: Viewer) -> JobActions:
    """Cancel, try again or resume: only what would be accepted; `instead` of what would not."""
    if not viewer.can("job.control", job.tenant_key or None):
        return JobActions()
    kind = kind_get(job.kind)
    stoppable = kind is not None and kind.cancellable and job.state in ACTIVE_STATES
    return JobActions(
        cancel=stoppable and not job.undoing and job.cancel_requested_at is None,
        retry=kind is not None and not kind.instead and job.state in RETRYABLE_STATES,
        resume=job.state == JobState.PARKED,
        instead=kind.instead if kind is not None and job.state in RETRYABLE_STATES else "",
    )
