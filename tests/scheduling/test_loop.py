"""The main job on a real API server: bring up, watch, give back."""

from __future__ import annotations

import pytest

from portal.jobs.runner import job_run
from portal.models import JobRun
from scheduling.services.allocations import CREATE, RELEASE, allocation_release
from scheduling.services.patrol import runs_watch
from tests.scheduling.world import (
    World,
    ledger_differences,
    now,
    quota_numbers,
    system,
    until,
)

pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True)]


def test_a_workload_runs_is_charged_and_leaves_nothing_after_release(world: World) -> None:
    allocation = world.ask("train")
    job = world.final_job(allocation, CREATE)
    assert (job.state, job.reason) == ("succeeded", None)
    allocation = world.fresh(allocation)
    assert allocation.state == "active"
    assert quota_numbers()["h100-sxm-80gb"] == (0, 2, 0)
    assert quota_numbers("aurora")["h100-sxm-80gb"] == (0, 2, 0)
    assert world.names("statefulsets", "berth-vision") == {allocation.object_name}
    assert world.names("pods", "berth-vision") == {f"{allocation.object_name}-0"}
    with system() as viewer:
        allocation_release(allocation=allocation, viewer=viewer)
    assert world.final_job(allocation, RELEASE).state == "succeeded"
    assert world.fresh(allocation).state == "released"
    assert quota_numbers()["h100-sxm-80gb"] == (0, 0, 0)
    assert world.names("pods", "berth-vision") == set()
    assert world.names("statefulsets", "berth-vision") == set()
    assert ledger_differences() == []


def test_open_capacity_widens_its_own_namespace_and_narrows_it_again(world: World) -> None:
    allocation = world.ask("room", kind="open", replicas=2)
    assert world.final_job(allocation, CREATE).state == "succeeded"
    space = "berth-vision-h100"
    hard = world.bed.kubectl(
        "get", "resourcequota", "berth", "-n", space, "-o", "jsonpath={.status.hard}"
    ).stdout
    assert '"requests.nvidia.com/gpu":"4"' in hard
    with system() as viewer:
        allocation_release(allocation=world.fresh(allocation), viewer=viewer)
    assert world.final_job(allocation, RELEASE).state == "succeeded"
    assert quota_numbers()["h100-sxm-80gb"] == (0, 0, 0)
    assert ledger_differences() == []


def test_a_run_to_completion_gives_itself_back(world: World) -> None:
    allocation = world.ask(
        "batch", runs_as="completion", replicas=2, spec={"image": "registry.example/a:1"}
    )
    world.final_job(allocation, CREATE)

    def released() -> bool:
        runs_watch(now())
        world.run_jobs()
        return world.fresh(allocation).state == "released"

    until(released)
    assert quota_numbers()["h100-sxm-80gb"] == (0, 0, 0)
    assert world.names("jobs", "berth-vision") == set()


def test_an_image_that_cannot_be_pulled_is_said_and_undone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduling.services.steps.apply.IMAGE_PATIENCE_SECONDS", 2)
    allocation = world.ask("bad", spec={"image": "registry.example/does-not-exist:1"})
    job = world.final_job(allocation, CREATE)
    assert (job.state, job.reason["code"]) == ("compensated", "image")
    assert world.fresh(allocation).state == "failed"
    assert quota_numbers()["h100-sxm-80gb"] == (0, 0, 0)
    assert world.names("pods", "berth-vision") == set()


def test_what_does_not_fit_now_waits_and_starts_when_room_comes_back(world: World) -> None:
    first = world.ask("first", shape={"cpu": 1000, "memory": 2**30, "h100-sxm-80gb": 8})
    world.final_job(first, CREATE)
    second = world.ask("second")
    with system():
        waiting = JobRun.objects.get(key=second.job_key)
    job_run(job_id=waiting.pk)
    with system():
        waiting.refresh_from_db()
    assert (waiting.state, waiting.reason["refusal"]["rule"]) == ("waiting", "quota.cap")
    assert waiting.reason["refusal"]["short_by"] == 2
    with system() as viewer:
        allocation_release(allocation=world.fresh(first), viewer=viewer)
    world.final_job(first, RELEASE)
    assert world.final_job(second, CREATE).state == "succeeded"
