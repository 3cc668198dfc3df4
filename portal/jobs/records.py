"""Writing down what became of a step: each function is one fenced transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Func, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least

from portal import live
from portal.jobs.lease import Lease, fence
from portal.jobs.notices import parked_tell
from portal.jobs.outcome import Reason
from portal.jobs.registry import Step
from portal.models.jobs import JobAttempt, JobRun, JobState, JobStep, StepState
from portal.scope import scope
from portal.viewer import Viewer

MOST_FAILURES = 100
"""Nobody counts further: an outage may last for weeks."""


class Clock(Func):
    """The database's clock, which goes on inside a transaction."""

    function = "clock_timestamp"
    template = "%(function)s()"


def seconds_from_now(seconds: float) -> Combinable:
    """A time that many seconds after the database's clock."""
    template = "%(function)s(secs => %(expressions)s)"
    return Clock() + Func(Value(seconds), function="make_interval", template=template)


def step_begin(*, lease: Lease, step: JobStep) -> None:
    """Show that a step runs."""
    with scope(Viewer.system("jobs")):
        fence(lease)
        JobStep.objects.filter(pk=step.pk).update(
            state=StepState.RUNNING,
            attempts=F("attempts") + 1,
            began_at=Coalesce("began_at", Clock()),
        )
        step.refresh_from_db()
        _publish(lease.job_id)


def step_done(*, lease: Lease, step: JobStep, result: dict[str, Any], end: JobState | None) -> None:
    """Keep a step's result and go on to the next one, or end the job in the state `end`."""
    with scope(Viewer.system("jobs")):
        fence(lease)
        JobStep.objects.filter(pk=step.pk).update(
            state=StepState.DONE,
            outcome=result,
            reason=None,
            progress=None,
            ended_at=Clock(),
        )
        _job(lease).update(
            step_index=F("step_index") + 1,
            claims_since_progress=0,
            failures=0,
        )
        if not step.undoing:  # while it is undone, the reason says why
            _job(lease).update(reason=None)
        if end is not None:
            _end(lease, end)
        _publish(lease.job_id)


def progress_count(lease: Lease) -> None:
    """Begin to count claims anew; inside a fenced transaction."""
    _job(lease).update(claims_since_progress=0)


def job_wait(
    *,
    lease: Lease,
    step: JobStep,
    reason: Reason,
    retry_in: float,
    failed: bool = False,
) -> None:
    """Let go of the job until its time comes; `failed` counts a transient error."""
    with scope(Viewer.system("jobs")):
        fence(lease)
        _pause_step(step, reason)
        _job(lease).update(
            state=JobState.COMPENSATING if step.undoing else JobState.WAITING,
            **({} if step.undoing else {"reason": reason.as_dict()}),
            due_at=seconds_from_now(retry_in),
            lease_until=None,
            claims_since_progress=0,
            failures=Least(F("failures") + 1, MOST_FAILURES) if failed else 0,
        )
        if not step.undoing:  # whoever asked for it to stop does not wait
            _job(lease).filter(cancel_requested_at__isnull=False).update(due_at=Clock())
        _close_attempt(lease, "waiting")
        _publish(lease.job_id)


def job_park(*, lease: Lease, step: JobStep, reason: Reason) -> None:
    """Let go of the job until a person, or the fact it lacks, wakes it.

    One that was woken or told to stop while the step looked is due at once: nobody else would
    tell it again.
    """
    with scope(Viewer.system("jobs")):
        fence(lease)
        _pause_step(step, reason)
        woken = _job(lease).filter(due_at__gt=Subquery(_began_at(lease))).exists()
        waiting = JobState.COMPENSATING if step.undoing else JobState.WAITING
        _job(lease).update(
            state=waiting if woken else JobState.PARKED,
            reason=reason.as_dict(),
            due_at=Clock() if woken else None,
            lease_until=None,
            claims_since_progress=0,
        )
        _close_attempt(lease, "waiting" if woken else "parked")
        if not woken:
            parked_tell(job_id=lease.job_id, code=reason.code)
        _publish(lease.job_id)


def job_turn(*, lease: Lease, step: JobStep, reason: Reason, undo: Sequence[Step]) -> None:
    """Turn round after a failure or a cancellation: undo what was done, or end at once."""
    cancelled = reason.code == "cancelled"
    with scope(Viewer.system("jobs")):
        fence(lease)
        JobStep.objects.filter(pk=step.pk).update(
            state=StepState.SKIPPED if cancelled else StepState.FAILED,
            reason=reason.as_dict(),
            ended_at=Clock(),
        )
        JobStep.objects.filter(job=lease.job_id, state=StepState.PENDING).update(
            state=StepState.SKIPPED
        )
        _job(lease).update(reason=reason.as_dict(), claims_since_progress=0, failures=0)
        if undo:
            JobStep.objects.bulk_create(
                JobStep(
                    job_id=lease.job_id,
                    undoing=True,
                    index=index,
                    name=todo.name,
                    version=todo.version,
                )
                for index, todo in enumerate(undo)
            )
            _job(lease).update(
                state=JobState.COMPENSATING,
                undoing=True,
                step_index=0,
                step_count=len(undo),
            )
        else:
            _end(lease, JobState.CANCELLED if cancelled else JobState.FAILED)
        _publish(lease.job_id)


def job_quarantine(*, lease: Lease, reason: Reason) -> None:
    """Take a job out of circulation that kills its workers; what it holds stays held."""
    with scope(Viewer.system("jobs")):
        fence(lease)
        _job(lease).update(reason=reason.as_dict())
        _end(lease, JobState.QUARANTINED)
        parked_tell(job_id=lease.job_id, code=reason.code)
        _publish(lease.job_id)


def attempt_crashed(*, lease: Lease, retry_in: float) -> None:
    """Let go of a job whose step raised what nobody expected; the claim stays counted."""
    with scope(Viewer.system("jobs")):
        fence(lease)
        _job(lease).update(lease_until=None, due_at=seconds_from_now(retry_in))
        _close_attempt(lease, "crashed")


def _job(lease: Lease) -> Any:
    return JobRun.objects.filter(pk=lease.job_id, epoch=lease.epoch)


def _began_at(lease: Lease) -> QuerySet[JobAttempt, datetime]:
    found = JobAttempt.objects.filter(job_id=lease.job_id, epoch=lease.epoch)
    return found.values_list("began_at", flat=True)


def _end(lease: Lease, state: JobState) -> None:
    _job(lease).update(state=state, finished_at=Clock(), lease_until=None, due_at=None)
    _close_attempt(lease, str(state))


def _pause_step(step: JobStep, reason: Reason) -> None:
    JobStep.objects.filter(pk=step.pk).update(state=StepState.WAITING, reason=reason.as_dict())


def _close_attempt(lease: Lease, ended_as: str) -> None:
    JobAttempt.objects.filter(job=lease.job_id, epoch=lease.epoch).update(
        ended_at=Clock(), ended_as=ended_as
    )


def _publish(job_id: int) -> None:
    live.publish(f"job:{job_id}", "changed", job=job_id)
    live.publish("jobs", "changed", job=job_id)
