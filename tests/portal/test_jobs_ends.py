"""What a job may not do when it fails, waits or has lost its lease without hearing of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError
from django.test import TestCase
from django.utils import timezone

from portal.errors import Unavailable
from portal.jobs import lease as leases
from portal.jobs import records
from portal.jobs.context import StepContext
from portal.jobs.lease import Heart, Lease, LeaseLost
from portal.jobs.outcome import Done, Fail, Outcome, Park, Reason, Wait
from portal.jobs.requests import job_cancel, jobs_nudge
from portal.jobs.wake import jobs_wake
from portal.models import JobRun, JobState
from portal.scope import scope
from tests.portal.jobs import SYSTEM, Known, ask, due, fresh, known, lift, work
from tests.portal.together import SLEEP, beside

__all__ = ["known"]
pytestmark = pytest.mark.django_db(transaction=True)


def sink(_ctx: StepContext) -> Outcome:
    return Fail(Reason("holed", "There is a hole in it."))


def doze(_ctx: StepContext) -> Outcome:
    return Wait(Reason("tide", "The tide is out."), 600)


def due_of(job: JobRun) -> datetime:
    assert job.due_at is not None
    return job.due_at


def test_what_must_end_waits_for_a_person_where_it_fails(known: Known) -> None:
    known(sink, must_end=True)
    job = work(ask())
    assert (job.state, job.reason["code"]) == (JobState.PARKED, "holed")


def test_a_stop_does_not_wait_for_what_the_job_waits_for(known: Known) -> None:
    def doze_and_be_stopped(ctx: StepContext) -> Outcome:
        with scope(SYSTEM):  # a person, meanwhile
            job_cancel(job=ctx.job, viewer=SYSTEM)
        return doze(ctx)

    known(doze_and_be_stopped, cancellable=True)
    job = work(ask())
    assert job.state == JobState.WAITING
    assert job.due_at is not None
    assert job.due_at <= timezone.now()


def test_whoever_parks_looks_again_when_it_was_stopped_or_woken_meanwhile(known: Known) -> None:
    def stop(ctx: StepContext) -> None:
        job_cancel(job=ctx.job, viewer=SYSTEM)

    def wake(ctx: StepContext) -> None:
        with TestCase.captureOnCommitCallbacks(execute=True):
            jobs_wake(keys=[ctx.job.key], parked=True)

    def nothing(_ctx: StepContext) -> None:
        return

    for meanwhile, state in (
        (stop, JobState.WAITING),
        (wake, JobState.WAITING),
        (nothing, JobState.PARKED),
    ):
        name = f"test.{meanwhile.__name__}"

        def park(ctx: StepContext, meanwhile: Callable[[StepContext], None] = meanwhile) -> Outcome:
            with scope(SYSTEM):
                meanwhile(ctx)
            return Park(Reason("stuck", "Stuck."))

        known(park, name=name, cancellable=True)
        job = work(ask(kind=name, key=name))
        assert (name, job.state) == (name, state)
        assert (job.due_at is None) == (state == JobState.PARKED)


def test_whoever_is_woken_while_it_is_being_parked_goes_on(
    known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wake comes after the job looked whether it was woken, and before it is parked."""
    parking, publish = threading.Event(), records._publish

    def slow(job_id: int) -> None:
        publish(job_id)
        parking.set()
        time.sleep(SLEEP)

    def park(_ctx: StepContext) -> Outcome:
        monkeypatch.setattr(records, "_publish", slow)
        return Park(Reason("stuck", "Stuck."))

    def wake() -> None:
        assert parking.wait(20)
        with scope(SYSTEM):
            jobs_wake(keys=[job.key], parked=True)

    known(park)
    job = ask()
    woken = beside(wake)
    work(job)
    woken.result(20)
    assert fresh(job).state == JobState.WAITING


def test_a_mistake_of_ours_counts_as_poison_and_an_outage_does_not(known: Known) -> None:
    def clash(_ctx: StepContext) -> Outcome:
        raise IntegrityError

    def outage(_ctx: StepContext) -> Outcome:
        raise OperationalError

    known(outage)
    job = work(ask(), times=8)
    assert (job.state, job.reason["code"]) == (JobState.WAITING, "database")
    known(clash, name="test.clash")
    bad = ask(kind="test.clash", key="clash:1")
    for _time in range(8):
        if fresh(bad).state == JobState.QUARANTINED:
            break
        due(bad)
        try:
            work(bad)
        except IntegrityError:
            continue
    assert fresh(bad).state == JobState.QUARANTINED


def test_a_fact_shortens_no_wait_that_a_busy_cluster_asked_for(known: Known) -> None:
    def busy(_ctx: StepContext) -> Outcome:
        raise OperationalError

    def told(_ctx: StepContext) -> Outcome:
        raise Unavailable("Busy.", retry_after=600)

    known(busy)
    known(told, name="test.told")
    known(doze, name="test.doze")
    refused, waiting = work(ask()), work(ask(kind="test.doze", key="doze:1"))
    later = work(ask(kind="test.told", key="told:1"))
    with scope(SYSTEM):
        jobs_nudge(keys=[refused.key, later.key, waiting.key])
    assert due_of(fresh(refused)) == due_of(refused)
    assert due_of(fresh(later)) == due_of(later) > timezone.now() + timedelta(seconds=500)
    assert due_of(fresh(waiting)) < due_of(waiting)
    with scope(SYSTEM):
        jobs_nudge(keys=[refused.key], parked=True)  # the cluster is back
    assert due_of(fresh(refused)) < due_of(refused)


def test_an_outage_of_weeks_is_waited_for(known: Known) -> None:
    def outage(_ctx: StepContext) -> Outcome:
        raise OperationalError

    known(outage)
    job = ask()
    with scope(SYSTEM):
        JobRun.objects.filter(pk=job.pk).update(failures=2**15 - 1)
    assert work(job).state == JobState.WAITING


def test_a_lease_that_can_not_be_renewed_is_lost_when_its_time_is_over(
    known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_lease: Lease) -> None:
        raise OperationalError

    known(lift)
    job = ask()
    held = Lease(job_id=job.pk, epoch=1, seconds=0.3)
    monkeypatch.setattr(leases, "fence", away)
    with Heart(held) as heart:
        assert not heart.is_lost
        time.sleep(0.6)
        assert heart.is_lost


def test_a_step_makes_no_call_when_its_time_is_over(known: Known) -> None:
    def oversleep(ctx: StepContext) -> Outcome:
        ctx.check()
        ctx.heart._until = time.monotonic() - 1
        with pytest.raises(LeaseLost):
            ctx.check()
        return Done()

    known(oversleep)
    assert work(ask()).state == JobState.SUCCEEDED
