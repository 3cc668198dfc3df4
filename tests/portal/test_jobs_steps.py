"""A job's way from step to step: versions, rights, cancelling, keys, what is final."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError
from django.utils import timezone
from pytest_django import Settings

from portal.errors import Conflict
from portal.jobs import registry
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Fail, Outcome, Reason, Wait
from portal.jobs.requests import job_cancel, job_request, job_retry
from portal.models import AuditEntry, JobRun, JobState, OutboxEvent
from portal.models.jobs import FINAL_STATES, JobStep, StepState
from portal.scope import scope
from portal.seal import seal, unseal
from tenants.services.members import member_remove
from tests.people import People
from tests.portal.jobs import KIND, SYSTEM, Known, Run, ask, fresh, known, lift, steps_of, work
from tests.portal.together import together

__all__ = ["known"]
pytestmark = pytest.mark.django_db(transaction=True)
TIDE = Reason("tide", "The tide is out.")


def moor(_ctx: StepContext) -> Outcome:
    return Wait(TIDE)


def sink(_ctx: StepContext) -> Outcome:
    return Fail(Reason("holed", "There is a hole in it."))


def lower(_ctx: StepContext) -> Outcome:
    return Done({"undid": True})


def nothing_to_lower(_ctx: StepContext) -> Outcome:
    return Done({"undid": False})


def test_a_step_that_this_version_does_not_know_is_parked(known: Known) -> None:
    known(lift)
    job = ask()
    known(moor)
    job = work(job)
    assert (job.state, job.reason["code"]) == (JobState.PARKED, "unknown-step")
    assert steps_of(job)["lift"].attempts == 0


def test_a_step_of_a_newer_version_is_parked_and_an_older_one_is_run(known: Known) -> None:
    known(lift, step_version=2)
    newer, older = ask(key="lift:1"), ask(key="lift:2")
    with scope(SYSTEM):
        JobStep.objects.filter(job=older).update(version=1)
    assert work(older).state == JobState.SUCCEEDED
    known(lift, step_version=1)
    assert work(newer).reason["code"] == "unknown-step"


def test_a_job_of_a_newer_kind_is_parked_even_if_its_steps_are_known(known: Known) -> None:
    known(lift, version=2)
    job = ask()
    known(lift, version=1)
    assert work(job).reason["code"] == "unknown-step"
    known(lift, version=2)
    with scope(SYSTEM):
        job_retry(job=fresh(job), viewer=SYSTEM)
    assert work(job).state == JobState.SUCCEEDED


def test_a_newer_step_of_undoing_is_parked_by_an_older_worker(known: Known) -> None:
    newer = known(sink, undo=[moor])
    steps = tuple(replace(step, version=2) for step in newer.undo_steps)
    registry._kinds[KIND] = replace(newer, undo_steps=steps)
    job = work(ask())
    assert (job.state, steps_of(job)["moor"].version) == (JobState.COMPENSATING, 2)
    registry._kinds[KIND] = newer
    job = work(job)
    assert (job.state, job.reason["code"]) == (JobState.PARKED, "unknown-step")
    assert steps_of(job)["moor"].attempts == 1


def test_a_right_that_was_lost_after_asking_is_noticed_before_the_step(
    known: Known, people_committed: People
) -> None:
    known(lift, verb="job.view")
    bob = people_committed.bob
    kept = ask(key="lift:1", viewer=bob.viewer, tenant_key="vision")
    lost = ask(key="lift:2", viewer=bob.viewer, tenant_key="vision")
    assert work(kept).state == JobState.SUCCEEDED
    with scope(SYSTEM):
        member_remove(tenant_key="vision", user_id=bob.user.pk, viewer=SYSTEM)
    lost = work(lost)
    assert (lost.state, lost.reason["code"]) == (JobState.FAILED, "right-lost")
    assert steps_of(lost)["lift"].outcome == {}


def test_what_this_process_has_no_key_for_waits_for_one_that_has(
    known: Known, settings: Settings
) -> None:
    settings.SEAL_KEY = b"k" * 32
    box = seal(b"secret", "row 1")

    def open_box(_ctx: StepContext) -> Outcome:
        return Done({"length": len(unseal(box, "row 1"))})

    known(open_box)
    settings.SEAL_KEY = None
    job = work(ask())
    assert (job.state, job.reason["code"]) == (JobState.WAITING, "seal-unavailable")
    settings.SEAL_KEY = b"k" * 32
    assert work(job).state == JobState.SUCCEEDED


def test_a_cancelled_job_undoes_what_it_did(known: Known) -> None:
    known(lift, moor, undo=[nothing_to_lower, lower], cancellable=True)
    job = work(ask())
    assert (job.state, job.step_index) == (JobState.WAITING, 1)
    with scope(SYSTEM):
        job_cancel(job=job, viewer=SYSTEM)
        with pytest.raises(Conflict):
            job_cancel(job=job, viewer=SYSTEM)
    job = work(job)
    assert (job.state, job.reason["code"]) == (JobState.COMPENSATED, "cancelled")
    states = {name: step.state for name, step in steps_of(job).items()}
    assert states == {
        "lift": StepState.DONE,
        "moor": StepState.SKIPPED,
        "nothing_to_lower": StepState.DONE,
        "lower": StepState.DONE,
    }
    with scope(SYSTEM), pytest.raises(Conflict):
        job_cancel(job=fresh(job), viewer=SYSTEM)


@pytest.mark.parametrize("undo", [[], [nothing_to_lower]])
def test_a_cancelled_job_that_had_done_nothing_is_cancelled(known: Known, undo: list[Run]) -> None:
    known(moor, undo=undo, cancellable=True)
    job = ask()
    with scope(SYSTEM):
        job_cancel(job=job, viewer=SYSTEM)
    assert work(job).state == JobState.CANCELLED


def test_a_kind_that_must_go_through_is_not_cancelled(known: Known) -> None:
    known(moor)
    with scope(SYSTEM), pytest.raises(Conflict):
        job_cancel(job=ask(), viewer=SYSTEM)


def test_a_key_has_one_active_job_of_a_kind_however_many_ask(known: Known) -> None:
    known(lift)
    known(lift, name="test.paint")
    jobs = together(*[ask] * 4)
    assert len({job.pk for job in jobs}) == 1
    assert ask(kind="test.paint").pk != jobs[0].pk
    assert work(jobs[0]).state == JobState.SUCCEEDED
    assert ask().pk != jobs[0].pk


def test_asking_again_leaves_the_askers_transaction_whole(known: Known) -> None:
    known(lift)
    first = ask()
    with scope(SYSTEM):
        again = job_request(kind=KIND, key=first.key, viewer=SYSTEM, args={})
        assert (again.pk, JobRun.objects.count()) == (first.pk, 1)


@pytest.mark.parametrize("state", FINAL_STATES)
def test_what_has_ended_never_changes_its_state_again(known: Known, state: JobState) -> None:
    known(lift)
    job = ask()
    with scope(SYSTEM):
        JobRun.objects.filter(pk=job.pk).update(state=state, finished_at=timezone.now())
    others = [other for other in JobState if other != state]
    for other in others:
        with pytest.raises(DatabaseError, match="has ended as"), scope(SYSTEM):
            JobRun.objects.filter(pk=job.pk).update(state=other)
    assert fresh(job).state == state


def test_a_parked_job_is_taken_up_alone_and_the_log_says_by_whom(known: Known) -> None:
    known(lift)
    known(lift, name="test.paint")
    parked, other = ask(), ask(kind="test.paint")
    with scope(SYSTEM):
        JobRun.objects.update(state=JobState.PARKED, due_at=None)
        OutboxEvent.objects.all().delete()
        stale = fresh(parked)
        assert job_retry(job=stale, viewer=SYSTEM).pk == parked.pk
        told = set(OutboxEvent.objects.values_list("topic", flat=True))
        entry = AuditEntry.objects.get(target_type="job")
    assert (entry.verb, entry.target_id, entry.actor_label) == (
        "job.resume",
        str(parked.pk),
        SYSTEM.label,
    )
    assert told == {"jobs", f"job:{parked.pk}"}
    assert fresh(other).state == JobState.PARKED
    with scope(SYSTEM), pytest.raises(Conflict):
        job_retry(job=stale, viewer=SYSTEM)
    assert work(parked).state == JobState.SUCCEEDED
