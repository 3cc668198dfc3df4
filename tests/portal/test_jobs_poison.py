"""Jobs that kill their workers: five claims without progress, and what counts as progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.jobs.context import StepContext
from portal.jobs.lease import lease_claim
from portal.jobs.outcome import Done, Outcome, Reason, Wait
from portal.models import JobAttempt, JobState
from portal.scope import scope
from tests.portal.jobs import SYSTEM, Known, ask, due, known, lift, steps_of, work

__all__ = ["known"]
pytestmark = pytest.mark.django_db(transaction=True)
Note = Callable[[StepContext, int], Any]


def crashing(note: Note = lambda _ctx, _attempt: None) -> tuple[Callable[..., Outcome], list[int]]:
    """A step that notes something and then dies, and the list of its attempts."""
    attempts: list[int] = []

    def crash(ctx: StepContext) -> Outcome:
        attempts.append(len(attempts))
        note(ctx, attempts[-1])
        raise ZeroDivisionError

    return crash, attempts


def test_a_step_that_fails_five_workers_is_not_given_to_a_sixth(known: Known) -> None:
    crash, attempts = crashing()
    known(crash)
    job = work(ask(), times=9)
    assert (job.state, job.reason["code"]) == (JobState.QUARANTINED, "poison")
    assert len(attempts) == 5
    with scope(SYSTEM):
        ended = list(JobAttempt.objects.filter(job=job).values_list("ended_as", flat=True))
    assert ended == ["quarantined", *["crashed"] * 5]


def test_workers_that_are_lost_count_although_they_never_say_so(known: Known) -> None:
    known(lift)
    job = ask()
    for number in range(5):
        assert lease_claim(job_id=job.pk, worker=f"lost-{number}")
        due(job)
    assert work(job).state == JobState.QUARANTINED
    assert steps_of(job)["lift"].attempts == 0


def test_waiting_is_no_failure_however_often(known: Known) -> None:
    def tide(ctx: StepContext) -> Outcome:
        return Done() if ctx.step.attempts > 8 else Wait(Reason("tide", "The tide is out."))

    known(tide)
    assert work(ask(), times=9).state == JobState.SUCCEEDED


def test_a_step_that_notes_something_new_each_time_goes_on(known: Known) -> None:
    crash, attempts = crashing(lambda ctx, attempt: ctx.intend(crate=attempt))
    known(crash)
    job = work(ask(), times=9)
    assert (job.state, len(attempts)) == (JobState.RUNNING, 9)
    assert steps_of(job)["crash"].intent == {"crate": 8}


def test_a_step_that_notes_the_same_each_time_is_poison(known: Known) -> None:
    crash, attempts = crashing(lambda ctx, _attempt: ctx.intend(crate=1))
    known(crash)
    assert work(ask(), times=9).state == JobState.QUARANTINED
    assert len(attempts) == 1 + 5  # the first one did get further


def test_a_step_that_comes_further_each_time_goes_on(known: Known) -> None:
    crash, attempts = crashing(lambda ctx, attempt: ctx.progress(done=attempt, total=20))
    known(crash)
    assert work(ask(), times=9).state == JobState.RUNNING
    assert len(attempts) == 9


def test_a_step_that_always_dies_at_the_same_place_is_poison(known: Known) -> None:
    def again(ctx: StepContext, _attempt: int) -> None:
        for done in (20, 40, 60):
            ctx.progress(done=done, total=100)

    crash, attempts = crashing(again)
    known(crash)
    assert work(ask(), times=12).state == JobState.QUARANTINED
    assert len(attempts) == 1 + 5


def test_less_left_of_a_shorter_list_is_progress(known: Known) -> None:
    """A list that is read anew holds only what is still to be done."""
    crash, attempts = crashing(lambda ctx, attempt: ctx.progress(done=1, total=20 - attempt))
    known(crash)
    assert work(ask(), times=9).state == JobState.RUNNING
    assert len(attempts) == 9
