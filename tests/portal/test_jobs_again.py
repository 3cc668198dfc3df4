"""Asking again for what failed: later each time, from the beginning after a success."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.jobs.again import failures_in_a_row, may_ask
from portal.models import JobRun, JobState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("system_scope")]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ended(state: JobState, *, minutes_ago: int, key: str = "quay:1", kind: str = "lift") -> None:
    JobRun.objects.create(
        kind=kind,
        key=key,
        queue="report",
        requested_by_label="t",
        state=state,
        finished_at=None if state == JobState.WAITING else NOW - minutes_ago * MINUTE,
    )


def may(minutes_later: int = 0) -> bool:
    return may_ask(
        kind="lift",
        key="quay:1",
        now=NOW + minutes_later * MINUTE,
        first=MINUTE,
        most=60 * MINUTE,
    )


def test_what_never_failed_may_be_asked_for_at_once() -> None:
    assert may()
    ended(JobState.SUCCEEDED, minutes_ago=0)
    ended(JobState.FAILED, minutes_ago=0, key="quay:2")
    ended(JobState.FAILED, minutes_ago=0, kind="lower")
    assert may()


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 2), (4, 8), (7, 60), (30, 60)])
def test_each_failure_doubles_the_wait_up_to_a_limit(failures: int, minutes: int) -> None:
    ended(JobState.SUCCEEDED, minutes_ago=900)
    for number in range(failures):
        ended(JobState.FAILED, minutes_ago=failures - number - 1)
    assert (may(minutes - 1), may(minutes)) == (False, True)


def test_a_success_makes_up_for_all_before() -> None:
    for _number in range(5):
        ended(JobState.QUARANTINED, minutes_ago=2)
    ended(JobState.SUCCEEDED, minutes_ago=1)
    assert may()
    ended(JobState.CANCELLED, minutes_ago=0)
    assert failures_in_a_row(kind="lift", key="quay:1") == [NOW]
