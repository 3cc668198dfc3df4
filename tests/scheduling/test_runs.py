"""Runs to completion that end early, late or in failure: each gives itself back and says why."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import WorkloadFact
from portal.jobs.lease import LeaseLost
from portal.jobs.runner import job_run
from portal.models import JobRun
from scheduling.manifests.workload import Object, Workload, indexed_job
from scheduling.models import Allocation
from scheduling.services.allocations import CREATE, RELEASE
from scheduling.services.patrol import runs_watch
from tests.scheduling.facts import stop_before
from tests.scheduling.world import World, ledger_differences, now, quota_numbers, system, until

pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
GPU = "h100-sxm-80gb"
IMAGE = "registry.example/a:1"


@pytest.fixture
def strict(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Jobs that give up at the first failed pod, so that nobody waits for their patience."""

    def impatient(work: Workload) -> Object:
        made = indexed_job(work)
        return made | {"spec": made["spec"] | {"backoffLimit": 0}}

    monkeypatch.setattr("scheduling.services.clusters.indexed_job", impatient)
    return world


def run(world: World, name: str, *command: str) -> Allocation:
    """Ask for a run of one pod."""
    spec = {"image": IMAGE, "command": list(command)}
    return world.ask(name, runs_as="completion", spec=spec)


def stopped_before_confirm(world: World, allocation: Allocation) -> JobRun:
    """Run the job that brings it up until the object stands, and no further."""
    job = world.job(allocation, CREATE)
    assert job is not None
    with pytest.MonkeyPatch.context() as patch:
        stop_before(patch, "confirm")
        until(lambda: job_run(job_id=job.pk) or world.fresh(allocation).object_uid)
    return job


def mirrored(allocation: Allocation, ended: str) -> None:
    """Wait until the mirror knows that the Job has ended so, and everybody was told."""

    def there() -> bool:
        with system():
            facts = WorkloadFact.objects.filter(labels__contains=label(allocation))
            return any(c["type"] == ended for fact in facts for c in fact.conditions)

    until(there, seconds=60)


def label(allocation: Allocation) -> dict[str, Any]:
    """What its objects are known by."""
    return {"berth.dev/allocation": str(allocation.pk)}


def test_a_run_that_is_over_before_it_is_confirmed_gives_itself_back(world: World) -> None:
    allocation = run(world, "quick", "sleep", "1")
    stopped_before_confirm(world, allocation)
    mirrored(allocation, "Complete")
    assert world.final_job(allocation, CREATE).state == "succeeded"
    assert world.fresh(allocation).state == "active"
    runs_watch(now())
    assert world.final_job(allocation, RELEASE).state == "succeeded"
    ended = world.fresh(allocation)
    assert (ended.state, ended.reason) == ("released", None)
    assert quota_numbers()[GPU] == (0, 0, 0)
    assert world.names("jobs", "berth-vision") == set()
    assert ledger_differences() == []


def test_a_run_that_fails_before_it_is_confirmed_is_undone_and_says_so(strict: World) -> None:
    allocation = run(strict, "doomed", "false")
    stopped_before_confirm(strict, allocation)
    mirrored(allocation, "Failed")
    job = strict.final_job(allocation, CREATE)
    assert (job.state, job.reason["code"]) == ("compensated", "run-failed")
    ended = strict.fresh(allocation)
    assert (ended.state, (ended.reason or {}).get("code")) == ("failed", "run-failed")
    assert quota_numbers()[GPU] == (0, 0, 0)
    assert strict.names("jobs", "berth-vision") == set()
    assert ledger_differences() == []


def test_a_run_that_fails_is_given_back_with_its_failure_on_page_and_rest(strict: World) -> None:
    allocation = run(strict, "falls", "sh", "-c", "sleep 4; exit 1")
    assert strict.final_job(allocation, CREATE).state == "succeeded"
    until(lambda: strict.job(allocation, RELEASE), seconds=60)
    assert strict.final_job(allocation, RELEASE).state == "succeeded"
    ended = strict.fresh(allocation)
    assert (ended.state, (ended.reason or {}).get("code")) == ("failed", "run-failed")
    assert strict.people is not None
    client = strict.people.alice.client()
    shown = client.get(f"/api/v1/allocations/{allocation.pk}/").json()["reason"]
    assert shown["sentence"] == "The run failed: its pods ended in failure too often."
    page = client.get(f"/t/vision/allocations/{allocation.pk}/").content.decode()
    assert shown["sentence"] in page
    assert quota_numbers()[GPU] == (0, 0, 0)


def test_a_run_that_ends_while_its_job_takes_the_last_step_is_not_forgotten(world: World) -> None:
    """The fact comes after the allocation is up and before the job that brought it up is through.

    It must neither be lost to a stop of that job, nor undo the batch of facts.
    """
    allocation = run(world, "crossing", "sleep", "3")
    job = stopped_before_confirm(world, allocation)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.jobs.records.step_done", killed)
        until(lambda: job_run(job_id=job.pk) and world.fresh(allocation).state == "active")
        mirrored(allocation, "Complete")
    with system():
        job.refresh_from_db()
        assert (job.state, job.cancel_requested_at) == ("running", None)
        JobRun.objects.filter(pk=job.pk).update(lease_until=None)
    assert world.final_job(allocation, CREATE).state == "succeeded"
    runs_watch(now())
    assert world.final_job(allocation, RELEASE).state == "succeeded"
    assert world.fresh(allocation).state == "released"
    assert quota_numbers()[GPU] == (0, 0, 0)


def killed(**_values: object) -> None:
    """The worker ends here."""
    raise LeaseLost
