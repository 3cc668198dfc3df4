"""Releases that meet the job that brings up: at its last moment, or after it was given up."""

from __future__ import annotations

import pytest

from portal.errors import Conflict
from portal.jobs.lease import LeaseLost
from portal.jobs.runner import POISON, job_run
from portal.models import JobRun
from scheduling.models import Allocation
from scheduling.services.allocations import CREATE, RELEASE, allocation_release
from tests.scheduling.facts import stop_before
from tests.scheduling.world import World, ledger_differences, quota_numbers, system, until

pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
GPU = "h100-sxm-80gb"
SPACE = "berth-vision"


def release(world: World, allocation: Allocation) -> JobRun:
    """Ask for it back."""
    with system() as viewer:
        return allocation_release(allocation=world.fresh(allocation), viewer=viewer)


def creating(world: World, allocation: Allocation) -> JobRun:
    """The job that brings it up."""
    job = world.job(allocation, CREATE)
    assert job is not None
    return job


def killed(**_values: object) -> None:
    """The worker ends here."""
    raise LeaseLost


def up_unsaid(world: World, allocation: Allocation, job: JobRun) -> None:
    """Bring it up; the worker dies before it could say that the job is through."""
    with pytest.MonkeyPatch.context() as patch:
        stop_before(patch, "confirm")
        until(lambda: job_run(job_id=job.pk) or world.fresh(allocation).object_uid)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.jobs.records.step_done", killed)
        until(lambda: job_run(job_id=job.pk) and world.fresh(allocation).state == "active")


def test_a_release_at_the_last_moment_of_bringing_up_is_not_lost(world: World) -> None:
    """The allocation is up; the worker dies before it could say that the job is through."""
    allocation = world.ask("late")
    job = creating(world, allocation)
    up_unsaid(world, allocation, job)
    assert release(world, allocation).kind == RELEASE
    with system():
        JobRun.objects.filter(pk=job.pk).update(lease_until=None)
    assert world.final_job(allocation, CREATE).state == "succeeded"
    assert world.final_job(allocation, RELEASE).state == "succeeded"
    assert world.fresh(allocation).state == "released"
    assert quota_numbers()[GPU] == (0, 0, 0)
    assert ledger_differences() == []


@pytest.mark.parametrize("step", ["place", "widen", "apply", "confirm"])
def test_a_release_undoes_what_a_quarantined_job_has_left(world: World, step: str) -> None:
    allocation = world.ask("given-up")
    lost = creating(world, allocation)
    with pytest.MonkeyPatch.context() as patch:
        stop_before(patch, step)
        until(lambda: job_run(job_id=lost.pk) is None or at(lost, step))
    with system():
        JobRun.objects.filter(pk=lost.pk).update(
            state="quarantined", lease_until=None, due_at=None, reason=POISON.as_dict()
        )
    assert world.people is not None
    client = world.people.alice.client()
    page = f"/t/vision/allocations/{allocation.pk}/"
    assert f"{page}release/" in client.get(page).content.decode()
    assert "Release the allocation" in client.get(f"/jobs/{lost.pk}/").content.decode()
    assert client.post(f"{page}release/", {"why": "stuck"}).status_code == 302
    job = world.final_job(allocation, CREATE)
    assert job.retry_of_id == lost.pk
    assert job.state == ("cancelled" if step == "place" else "compensated")
    assert world.fresh(allocation).state == "failed"
    assert quota_numbers()[GPU] == (0, 0, 0)
    if SPACE in world.names("namespaces"):
        assert world.names("statefulsets", SPACE) == world.names("pods", SPACE) == set()
    assert ledger_differences() == []
    with pytest.raises(Conflict):
        release(world, allocation)


def at(job: JobRun, step: str) -> bool:
    """Tell whether the job has come to a step."""
    with system():
        job.refresh_from_db()
        return bool(job.steps.get(undoing=False, index=job.step_index).name == step)
