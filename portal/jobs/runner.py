"""Runs a claimed job step by step until it waits, is parked or ends."""

from __future__ import annotations

import os
import random
import socket

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils.translation import gettext_noop

from portal.errors import BerthError, Denied
from portal.jobs import records
from portal.jobs.context import CancelRequested, StepContext
from portal.jobs.lease import Heart, Lease, LeaseLost, lease_claim
from portal.jobs.outcome import Done, Fail, Outcome, Park, Reason, Wait
from portal.jobs.registry import JobKind, Step, kind_get
from portal.models.jobs import JobRun, JobState, JobStep
from portal.scope import scope
from portal.seal import SealUnavailable
from portal.viewer import Viewer
from portal.viewers import viewer_resolve

log = structlog.get_logger()
MAX_CLAIMS_WITHOUT_PROGRESS = 5
MAX_BACKOFF_SECONDS = 300.0

CANCELLED = Reason("cancelled", gettext_noop("Somebody stopped this job."))
POISON = Reason(
    "poison",
    gettext_noop("Five workers were lost or failed in this step. An operator must look at it."),
)
UNKNOWN_STEP = Reason(
    "unknown-step",
    gettext_noop("This version of Berth does not know this step. Run the newer version again."),
)
RIGHT_LOST = Reason(
    "right-lost",
    gettext_noop("The person who asked for this no longer has the right to."),
)


def worker_name() -> str:
    """Who claims: host and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


def job_run(*, job_id: int) -> bool:
    """Claim a job and take it as far as it goes; False when there was nothing to claim.

    Everything it writes is fenced, so a second worker on the same job does no harm.
    """
    lease = lease_claim(job_id=job_id, worker=worker_name())
    if lease is None:
        return False
    with structlog.contextvars.bound_contextvars(job_id=job_id, epoch=lease.epoch):
        try:
            with Heart(lease) as heart:
                while _advance(lease, heart):
                    pass
        except LeaseLost:
            log.info("job.lease_lost")
        except Exception:
            log.exception("job.step_crashed")
            _crashed(lease)
    return True


def _crashed(lease: Lease) -> None:
    try:
        records.attempt_crashed(lease=lease, retry_in=lease.seconds)
    except (LeaseLost, DatabaseError, InterfaceError):
        log.warning("job.crash_not_recorded")  # the lease runs out by itself


def _advance(lease: Lease, heart: Heart) -> bool:
    """Run the current step; True when the next one may follow at once."""
    job, step, results = _load(lease)
    if job.is_final:
        return False
    kind = kind_get(job.kind)
    todo = _step_of(kind, job, step)
    if kind is None or todo is None:
        records.job_park(lease=lease, step=step, reason=UNKNOWN_STEP)
        return False
    if job.claims_since_progress > MAX_CLAIMS_WITHOUT_PROGRESS:
        records.job_quarantine(lease=lease, reason=POISON)
        return False
    records.step_begin(lease=lease, step=step)
    context = StepContext(job=job, step=step, lease=lease, heart=heart, results=results)
    outcome = _run(kind, todo, context)
    return _settle(lease, kind, job, step, outcome)


def _load(lease: Lease) -> tuple[JobRun, JobStep, dict[str, dict[str, object]]]:
    with scope(Viewer.system("jobs")):
        job = JobRun.objects.get(pk=lease.job_id)
        if job.epoch != lease.epoch and not job.is_final:
            raise LeaseLost
        steps = list(JobStep.objects.filter(job=job))
    index = min(job.step_index, job.step_count - 1)
    step = next(s for s in steps if s.undoing == job.undoing and s.index == index)
    return job, step, {s.name: s.outcome for s in steps if s.state == "done"}


def _step_of(kind: JobKind | None, job: JobRun, step: JobStep) -> Step | None:
    """The step's code; None where a newer version of Berth asked for the job or wrote the step."""
    if kind is None or kind.version < job.kind_version:
        return None
    return next(
        (
            known
            for known in kind.steps_for(undoing=job.undoing)
            if known.name == step.name and known.version >= step.version
        ),
        None,
    )


def _run(kind: JobKind, todo: Step, context: StepContext) -> Outcome:
    """Turn whatever a step does into an outcome; the outermost place for its errors."""
    try:
        if not context.job.undoing:
            _reauthorise(kind, context.job)
            context.check_cancel()
        return todo.run(context)
    except LeaseLost:
        raise
    except CancelRequested:
        return Fail(CANCELLED)
    except Denied:
        return Fail(RIGHT_LOST)
    except BerthError as error:
        return _from_error(error, context)
    except (OperationalError, InterfaceError):  # others are our mistakes: they count as poison
        log.warning("job.database_error", step=todo.name, exc_info=True)
        return Wait(
            Reason("database", gettext_noop("The database was not reachable.")), -1, refused=True
        )


def _reauthorise(kind: JobKind, job: JobRun) -> None:
    if kind.verb is None or job.requested_by_id is None:
        return
    viewer = viewer_resolve(job.requested_by_id)
    if not viewer.can(kind.verb, job.tenant_key or None):
        raise Denied(RIGHT_LOST.sentence())


def _from_error(error: BerthError, context: StepContext) -> Outcome:
    log.warning(
        "job.step_refused",
        step=context.step.name,
        code=error.code,
        detail=getattr(error, "detail", "") or str(error),
    )
    reason = Reason(
        error.code,
        gettext_noop("%(message)s"),
        {"message": str(error.message)},
        error.refusal,
    )
    if error.needs_person:
        return Park(reason)
    # What this process has no key for, another worker may open.
    if not error.permanent or isinstance(error, SealUnavailable):
        return Wait(reason, float(error.extra.get("retry_after") or -1), refused=True)
    return Park(reason) if context.job.undoing else Fail(reason)


def _backoff(failures: int) -> float:
    """Seconds to wait after that many transient errors in a row, with jitter."""
    most = 2.0 ** min(failures, records.MOST_FAILURES)
    return min(MAX_BACKOFF_SECONDS, most) * random.uniform(0.5, 1.5)  # noqa: S311


def _settle(lease: Lease, kind: JobKind, job: JobRun, step: JobStep, outcome: Outcome) -> bool:
    match outcome:
        case Done(result):
            end = _end_state(job, step, result)
            records.step_done(lease=lease, step=step, result=result, end=end)
            return end is None
        case Wait(reason, retry_in, refused):
            seconds = _backoff(job.failures) if retry_in < 0 else retry_in
            records.job_wait(
                lease=lease, step=step, reason=reason, retry_in=seconds, failed=refused
            )
            return False
        case Park(reason):
            records.job_park(lease=lease, step=step, reason=reason)
            return False
        case Fail(reason):
            if job.undoing or kind.must_end:
                records.job_park(lease=lease, step=step, reason=reason)
                return False
            records.job_turn(lease=lease, step=step, reason=reason, undo=kind.undo_steps)
            return bool(kind.undo_steps)


def _end_state(job: JobRun, step: JobStep, result: dict[str, object]) -> JobState | None:
    """The final state after this step, None when another follows.

    An undoing step answers `undid` when there was something to undo; where none did, the job
    simply failed or was stopped.
    """
    if step.index + 1 < job.step_count:
        return None
    if not step.undoing:
        return JobState.SUCCEEDED
    with scope(Viewer.system("jobs")):
        earlier = JobStep.objects.filter(job=job, undoing=True, outcome__undid=True).exists()
    if earlier or result.get("undid"):
        return JobState.COMPENSATED
    stopped = (job.reason or {}).get("code") == CANCELLED.code
    return JobState.CANCELLED if stopped else JobState.FAILED
