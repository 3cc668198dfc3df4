"""Asking for jobs and steering them; every function works inside the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from celery import current_app
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from portal import audit, live
from portal.errors import Conflict
from portal.jobs.records import Clock
from portal.jobs.registry import JobKind, kind_get
from portal.models.jobs import (
    ACTIVE_STATES,
    FINAL_STATES,
    RETRYABLE_STATES,
    JobRun,
    JobState,
    JobStep,
)
from portal.viewer import Viewer, authorize

log = structlog.get_logger()
RUN_TASK = "portal.jobs.run"


def job_request(
    *,
    kind: str,
    key: str,
    viewer: Viewer,
    args: dict[str, Any],
    tenant_key: str = "",
    not_before: datetime | None = None,
    retry_of: JobRun | None = None,
) -> JobRun:
    """Write a job in the caller's transaction; a worker starts it after the commit.

    While a job of the same (kind, key) is active that one is returned instead. `args` holds
    identifiers only: never amounts that may change, never secrets.
    """
    known = _known(kind)
    values: dict[str, Any] = {
        "kind": kind,
        "kind_version": known.version,
        "key": key,
        "tenant_key": tenant_key,
        "queue": known.queue,
        "args": args,
        "step_count": len(known.steps),
        "retry_of": retry_of,
        "requested_by_id": viewer.user_id,
        "requested_by_label": viewer.label,
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
    }
    if not_before:
        values["due_at"] = not_before
    job, is_new = _insert(values)
    if not is_new:
        return job
    JobStep.objects.bulk_create(
        JobStep(job=job, index=index, name=step.name, version=step.version)
        for index, step in enumerate(known.steps)
    )
    live.publish("jobs", "changed", job=job.pk)
    ring_after_commit(job_id=job.pk, queue=job.queue)
    return job


def _insert(values: dict[str, Any]) -> tuple[JobRun, bool]:
    """The job, and whether it is new; one that is active for the same (kind, key) counts."""
    for _try in range(2):  # the one in the way may end before it is read
        try:
            with transaction.atomic():
                return JobRun.objects.create(**values), True
        except IntegrityError:
            same = JobRun.objects.filter(kind=values["kind"], key=values["key"])
            if active := same.filter(state__in=ACTIVE_STATES).first():
                return active, False
    raise Conflict(_("The job before this one is just ending. Try again."))


def job_cancel(*, job: JobRun, viewer: Viewer, verb: str = "job.control") -> None:
    """Ask for a job to be stopped where stopping is safe; what it did is then undone.

    `verb` is the right on which it is stopped, where that is another one than that over jobs.
    Raises NotFound or Denied; Conflict for a job that has ended, is being undone, or must go
    through to the end.
    """
    authorize(viewer=viewer, verb=verb, tenant_key=job.tenant_key or None)
    known = kind_get(job.kind)
    if known is None or not known.cancellable:
        raise Conflict(_("This kind of job can't be stopped once it was asked for."))
    changed = JobRun.objects.filter(
        pk=job.pk, state__in=ACTIVE_STATES, undoing=False, cancel_requested_at=None
    ).update(cancel_requested_at=Clock(), cancel_requested_by=viewer.label, due_at=Clock())
    if not changed:
        raise Conflict(_("The job has ended, or is already being stopped."))
    audit.record(
        viewer=viewer,
        verb="job.cancel",
        target_type="job",
        target_id=job.pk,
        tenant_key=job.tenant_key,
    )
    live.publish(f"job:{job.pk}", "changed", job=job.pk)
    ring_after_commit(job_id=job.pk, queue=job.queue)


def job_retry(*, job: JobRun, viewer: Viewer) -> JobRun:
    """Ask again for what a finished job failed to do: a new job, linked to the old one.

    A parked job is resumed instead, and stays the same job. Raises NotFound or Denied, and
    Conflict when the job succeeded or still runs.
    """
    authorize(viewer=viewer, verb="job.control", tenant_key=job.tenant_key or None)
    if job.state == JobState.PARKED:
        _resume(job=job, viewer=viewer)
        return job
    if job.state not in RETRYABLE_STATES:
        raise Conflict(_("Only a job that failed, was stopped or is parked can be tried again."))
    known = kind_get(job.kind)
    if known is None:
        raise Conflict(_("This version of Berth does not know this kind of job."))
    if known.instead:
        raise Conflict(known.instead)
    audit.record(
        viewer=viewer,
        verb="job.retry",
        target_type="job",
        target_id=job.pk,
        tenant_key=job.tenant_key,
    )
    return job_request(
        kind=job.kind,
        key=job.key,
        viewer=viewer,
        args=job.args,
        tenant_key=job.tenant_key,
        retry_of=job,
    )


def _resume(*, job: JobRun, viewer: Viewer) -> None:
    state = JobState.COMPENSATING if job.undoing else JobState.WAITING
    parked = JobRun.objects.filter(pk=job.pk, state=JobState.PARKED)
    if not parked.update(state=state, due_at=Clock()):
        raise Conflict(_("The job is not parked any more."))
    audit.record(
        viewer=viewer,
        verb="job.resume",
        target_type="job",
        target_id=job.pk,
        tenant_key=job.tenant_key,
    )
    for topic in (f"job:{job.pk}", "jobs"):
        live.publish(topic, "changed", job=job.pk)
    ring_after_commit(job_id=job.pk, queue=job.queue)


def jobs_nudge(*, keys: list[str], parked: bool = False) -> None:
    """Make waiting jobs due now: a fact they wait for has come.

    One that was refused for a moment waits its time: no fact of the mirror shortens what a busy
    cluster asked for. With `parked` those are nudged as well, and what is parked.
    """
    states = [JobState.WAITING, JobState.COMPENSATING] + ([JobState.PARKED] if parked else [])
    waiting = JobRun.objects.filter(key__in=keys, state__in=states)
    if not parked:
        waiting = waiting.filter(failures=0)
    due = list(waiting.values_list("pk", "queue"))
    if not due:
        return
    if parked:
        waiting.filter(state=JobState.PARKED, undoing=False).update(state=JobState.WAITING)
        waiting.filter(state=JobState.PARKED, undoing=True).update(state=JobState.COMPENSATING)
    JobRun.objects.filter(pk__in=[pk for pk, _queue in due]).exclude(state__in=FINAL_STATES).update(
        due_at=Clock()
    )
    for pk, queue in due:
        ring_after_commit(job_id=pk, queue=queue)


def ring_after_commit(*, job_id: int, queue: str) -> None:
    """Ring for a job once the transaction is through; a lost ring costs a second, not the job."""
    transaction.on_commit(lambda: ring(job_id=job_id, queue=queue), robust=True)


def ring(*, job_id: int, queue: str) -> bool:
    """Tell a worker to look at a job; False when the broker is away."""
    try:
        current_app.send_task(RUN_TASK, kwargs={"job_id": job_id}, queue=queue, retry=False)
    except OperationalError:
        log.warning("job.ring_failed", job_id=job_id)
        return False
    return True


def _known(kind: str) -> JobKind:
    known = kind_get(kind)
    if known is None:
        msg = f"job kind {kind!r} is not registered"
        raise LookupError(msg)
    return known
