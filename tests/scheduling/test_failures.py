"""Allocations that end before their time: kept with the reason, told to those whose they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import WorkloadFact
from portal.jobs.runner import job_run
from portal.models import AuditEntry, Notice
from scheduling.models import Allocation
from scheduling.services.allocations import CREATE, RELEASE, allocation_release
from scheduling.services.runs import run_settle
from tests.people import People
from tests.scheduling.facts import fresh, job_of
from tests.scheduling.pages.seed import Seed, seed_make
from tests.scheduling.world import system

pytestmark = pytest.mark.django_db


@pytest.fixture
def seed(people: People) -> Seed:
    """Allocations in every state; alice hears of vision's."""
    assert people
    return seed_make()


def told() -> list[tuple[str, int]]:
    """Of which allocations people were told that they have failed, and who."""
    with system():
        rows = Notice.objects.filter(kind="allocation.failed").order_by("id")
        return list(rows.values_list("params__name", "user_id"))


def came_down(allocation: Allocation) -> Allocation:
    """Let the job that brings it up go to its end; it needs no cluster before it has a place."""
    job = job_of(allocation, CREATE)
    assert job is not None
    job_run(job_id=job.pk)
    return fresh(allocation)


def test_a_release_of_one_that_comes_up_is_kept_with_its_reason_once(
    people: People, seed: Seed
) -> None:
    client, page = people.alice.client(), f"/t/vision/allocations/{seed.coming.pk}/"
    assert client.post(f"{page}release/", {"why": "wrong image"}).status_code == 302
    assert client.post(f"{page}release/", {"why": "once more"}).status_code == 409
    with system():
        acts = AuditEntry.objects.filter(
            verb="allocation.release", target_type="allocation", target_id=str(seed.coming.pk)
        )
        assert list(acts.values_list("actor_label", "reason")) == [("alice", "wrong image")]
    assert "Release asked for" in client.get(page).content.decode()


def test_one_that_never_came_up_is_told_of(people: People, seed: Seed) -> None:
    with system():
        past = timezone.now() - timedelta(seconds=1)
        Allocation.objects.filter(pk=seed.waiting.pk).update(deadline_at=past)
    ended = came_down(seed.waiting)
    assert (ended.state, (ended.reason or {}).get("code")) == ("failed", "deadline")
    assert told() == [(seed.waiting.name, people.alice.user.pk)]


def test_one_that_somebody_stopped_is_no_news(people: People, seed: Seed) -> None:
    with system():
        allocation_release(allocation=seed.waiting, viewer=people.alice.viewer)
    assert came_down(seed.waiting).state == "failed"
    assert told() == []


@pytest.mark.parametrize(("ended", "fails"), [("Failed", True), ("Complete", False)])
def test_a_run_ends_as_it_ended_and_only_a_failure_is_told_of(
    people: People, seed: Seed, ended: str, fails: bool
) -> None:
    fact = WorkloadFact(conditions=[{"type": ended, "status": "True", "reason": "Evicted"}])
    with system():
        Allocation.objects.filter(pk=seed.active.pk).update(runs_as="completion")
        assert run_settle(fresh(seed.active), fact)
        assert not run_settle(fresh(seed.active), fact)
    job = job_of(seed.active, RELEASE)
    assert job is not None
    assert job.args.get("fails", False) is fails
    assert told() == [(seed.active.name, people.alice.user.pk)] * fails
