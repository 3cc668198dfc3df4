"""Jobs that wait for a person: the operators hear of each, once, and of a flood not all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.jobs.context import StepContext
from portal.jobs.notices import MOST, PARKED
from portal.jobs.outcome import Done, Outcome, Park, Reason
from portal.jobs.requests import jobs_nudge
from portal.jobs.wake import jobs_wake
from portal.models import JobState, Notice
from portal.notices import inbox
from portal.scope import scope
from tests.people import People, Someone
from tests.portal.jobs import SYSTEM, Known, ask, known, work

__all__ = ["known"]
pytestmark = pytest.mark.django_db(transaction=True)


def stuck(code: Callable[[], str] = lambda: "stuck") -> Callable[[StepContext], Outcome]:
    """A step that a person has to look at, each time for the reason that holds then."""

    def park(_ctx: StepContext) -> Outcome:
        return Park(Reason(code(), "Stuck."))

    return park


def told() -> list[tuple[int, str]]:
    """Who was told, and of which page."""
    with scope(SYSTEM):
        rows = Notice.objects.filter(kind=PARKED.code).order_by("id")
        return list(rows.values_list("user_id", "url"))


def test_operators_are_told_of_a_parked_job_with_its_page(
    known: Known, people_committed: People
) -> None:
    known(stuck())
    job = work(ask(tenant_key="vision"))
    assert job.state == JobState.PARKED
    assert told() == [(people_committed.operator.user.pk, f"/jobs/{job.pk}/")]
    with scope(SYSTEM):
        notice = Notice.objects.get(kind=PARKED.code)
        shown = inbox.notice_view(notice)
    assert shown.title == f"Job {job.ref} waits for a person"
    assert (notice.tenant_key, notice.email_state) == ("vision", "queued")


def test_one_that_facts_wake_in_vain_is_told_of_once(
    known: Known, people_committed: People
) -> None:
    assert people_committed
    reasons = ["stuck", "stuck", "stuck", "holed"]
    known(stuck(lambda: reasons.pop(0)))
    job = ask()
    for times in (1, 1, 1, 2):
        with scope(SYSTEM):
            jobs_nudge(keys=[job.key], parked=True)
        assert work(job).state == JobState.PARKED
        assert len(told()) == times


def test_a_quarantined_job_is_told_of_and_its_like_after_it_is_not(
    known: Known, people_committed: People
) -> None:
    def crash(_ctx: StepContext) -> Outcome:
        raise ZeroDivisionError

    known(crash)
    jobs = []
    for _round in range(2):  # the clock asks again for what has ended
        jobs.append(work(ask(), times=9))
        assert jobs[-1].state == JobState.QUARANTINED
    assert told() == [(people_committed.operator.user.pk, f"/jobs/{jobs[0].pk}/")]


def test_what_parks_many_at_a_time_is_told_of_by_the_first(
    known: Known, people_committed: People
) -> None:
    assert people_committed
    known(stuck())
    jobs = [work(ask(key=f"lift:{number}")) for number in range(MOST + 2)]
    assert [url for _user, url in told()] == [f"/jobs/{job.pk}/" for job in jobs[:MOST]]


def test_one_that_was_woken_while_it_parked_waits_for_nobody(
    known: Known, people_committed: People
) -> None:
    assert people_committed

    def once(ctx: StepContext) -> Outcome:
        if ctx.step.attempts > 1:
            return Done()
        with scope(SYSTEM):
            jobs_wake(keys=[ctx.job.key], parked=True)
        return Park(Reason("stuck", "Stuck."))

    known(once)
    assert work(ask(), times=2).state == JobState.SUCCEEDED
    assert told() == []


def test_a_person_chooses_how_to_hear_of_it(people_committed: People) -> None:
    operator = people_committed.operator.viewer
    with scope(operator):
        chosen = {choice.kind: choice.ways for choice in inbox.choices_of(operator)}
    kinds = ["allocation.failed", "cluster.credential-expired", "cluster.unreachable", PARKED.code]
    assert all(chosen[kind].bell and chosen[kind].email for kind in kinds)


def test_what_only_operators_are_told_is_no_choice_of_others(people_committed: People) -> None:
    def offered(someone: Someone) -> list[str]:
        with scope(someone.viewer) as viewer:
            return [choice.kind for choice in inbox.choices_of(viewer)]

    everything, hers = offered(people_committed.operator), offered(people_committed.alice)
    operators = {PARKED.code, "request.submitted", "request.accepted", "request.declined"}
    found = set(everything) - set(hers)
    assert {kind for kind in found if not kind.startswith("cluster.")} == operators
    assert "cluster.unreachable" in found
    subjects = [kind.partition(".")[0] for kind in everything]
    assert subjects == sorted(subjects), "what is about one thing stands together"
