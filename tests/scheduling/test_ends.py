"""Allocations with an end: a notice before it, and given back when it comes, in whatever state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.jobs.runner import job_run
from portal.models import JobRun, Notice
from scheduling.models import Allocation
from scheduling.services import patrol
from scheduling.services.allocations import CREATE, RELEASE
from scheduling.services.patrol import NOTICE_BEFORE, ends_watch
from tests.people import People
from tests.scheduling.facts import fresh, job_of
from tests.scheduling.pages.seed import Seed, seed_make
from tests.scheduling.world import system

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def seed(people: People) -> Seed:
    """Allocations in every state, none with an end; alice and bob hear of vision's."""
    assert people
    made = seed_make()
    with system():
        Allocation.objects.update(until_at=None)
    return made


def ends(allocation: Allocation, at: datetime) -> None:
    """Give it an end."""
    with system():
        Allocation.objects.filter(pk=allocation.pk).update(until_at=at, noticed_at=None)


def told() -> list[tuple[str, str]]:
    """Kinds of notices, and of which allocations."""
    with system():
        rows = Notice.objects.filter(kind__startswith="allocation.")
        found = list(rows.values_list("kind", "params__name", "user_id"))
    assert len(set(found)) == len(found)  # nobody is told the same twice
    return sorted({(kind, name) for kind, name, _user in found})


def test_a_notice_goes_out_once_some_days_before(seed: Seed) -> None:
    ends(seed.active, NOW + NOTICE_BEFORE + timedelta(minutes=1))
    ends_watch(NOW)
    assert told() == []
    for minutes in (2, 3):
        ends_watch(NOW + timedelta(minutes=minutes))
    assert told() == [("allocation.expiring", seed.active.name)]
    assert fresh(seed.active).state == "active"


def test_what_has_come_to_its_end_is_released(seed: Seed) -> None:
    ends(seed.active, NOW + timedelta(days=1))
    ends_watch(NOW)
    ends_watch(NOW + timedelta(days=1))
    assert fresh(seed.active).state == "releasing"
    assert job_of(seed.active, RELEASE) is not None
    assert told() == [("allocation.expiring", seed.active.name)]
    ends_watch(NOW + timedelta(days=2))
    with system():
        assert JobRun.objects.filter(kind=RELEASE, key=seed.active.job_key).count() == 1


def test_one_that_is_renewed_at_the_last_moment_stays(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at its end and the release."""
    ends(seed.active, NOW)
    notice = patrol._notice

    def renewed(allocation: Allocation, *more: Any) -> None:
        notice(allocation, *more)
        ends(allocation, NOW + timedelta(days=30))

    monkeypatch.setattr(patrol, "_notice", renewed)
    ends_watch(NOW)
    assert fresh(seed.active).state == "active"
    assert job_of(seed.active, RELEASE) is None


def test_after_an_outage_a_notice_comes_with_the_release(seed: Seed) -> None:
    ends(seed.active, NOW - timedelta(days=5))
    ends_watch(NOW)
    assert fresh(seed.active).state == "releasing"
    assert told() == [("allocation.ended", seed.active.name)]


@pytest.mark.parametrize("state", ["planned", "reserved", "applying"])
def test_one_that_is_not_up_yet_is_stopped_at_its_end(seed: Seed, state: str) -> None:
    coming = seed.waiting if state == "planned" else seed.coming
    with system():
        Allocation.objects.filter(pk=coming.pk).update(state=state)
    ends(coming, NOW - timedelta(seconds=1))
    ends_watch(NOW)
    ends_watch(NOW)
    job = job_of(coming, CREATE)
    assert job is not None
    assert job.cancel_requested_at is not None
    assert told() == [("allocation.ended", coming.name)]


def test_one_that_still_waits_says_that_its_end_came_first(seed: Seed) -> None:
    ends(seed.waiting, NOW - timedelta(seconds=1))
    ends_watch(NOW)
    job = job_of(seed.waiting, CREATE)
    assert job is not None
    job_run(job_id=job.pk)
    ended = fresh(seed.waiting)
    assert (ended.state, (ended.reason or {}).get("code")) == ("failed", "until")
    ends_watch(NOW)
    assert fresh(seed.waiting).state == "failed"
