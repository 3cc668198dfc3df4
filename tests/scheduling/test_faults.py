"""What clusters and people do to a job, and what the job says and does about it."""

from __future__ import annotations

import pytest

from inventory.k8s.connection import Credential
from inventory.models import Cluster
from portal.jobs.runner import job_run
from portal.models import JobRun
from portal.seal import seal
from scheduling.models import Allocation, Drift
from scheduling.services.allocations import CREATE
from scheduling.services.drift import RESTORE, drift_choose
from scheduling.services.facts import cluster_state_changed
from scheduling.services.scan import cluster_scan
from tests.scheduling.world import World, ledger_differences, quota_numbers, system, until

pytestmark = [
    pytest.mark.bed,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]


def job_of(allocation: Allocation) -> JobRun:
    """The job that brings it up, as it is now."""
    with system():
        return JobRun.objects.get(key=allocation.job_key, kind=CREATE)


def run_once(allocation: Allocation) -> JobRun:
    """Take the job one claim further, due or not."""
    with system():
        JobRun.objects.filter(pk=job_of(allocation).pk, state="waiting").update(
            due_at="2000-01-01T00:00Z"
        )
    job_run(job_id=job_of(allocation).pk)
    return job_of(allocation)


def run_until_code(allocation: Allocation, code: str) -> JobRun:
    """Take the job further until it gives a reason."""

    def there() -> JobRun | None:
        job = run_once(allocation)
        return job if (job.reason or {}).get("code") == code else None

    found: JobRun = until(there, seconds=60)
    return found


def test_a_namespace_of_somebody_else_is_left_alone(world: World) -> None:
    world.bed.kubectl("create", "namespace", "berth-vision")
    allocation = world.ask("polite")
    job = world.final_job(allocation, CREATE)
    assert (job.state, job.reason["code"]) == ("compensated", "namespace.foreign")
    labels = world.bed.kubectl(
        "get", "namespace", "berth-vision", "-o", "jsonpath={.metadata.labels}"
    ).stdout
    assert "berth.dev" not in labels
    assert quota_numbers()["h100-sxm-80gb"] == (0, 0, 0)


def test_a_cluster_that_is_away_makes_jobs_wait_and_go_on(world: World) -> None:
    allocation = world.ask("patient")
    world.bed.stop("apiserver")
    try:
        job = run_until_code(allocation, "cluster-unreachable")
        assert job.state == "waiting"
        assert quota_numbers()["h100-sxm-80gb"] == (2, 0, 0)
    finally:
        world.bed.start("apiserver")
    until(lambda: run_once(allocation).state == "succeeded", seconds=90)
    assert ledger_differences() == []


def test_a_credential_that_has_run_out_parks_the_job_until_there_is_another(
    world: World,
) -> None:
    good = bytes(world.cluster.sealed_credential)
    allocation = world.ask("locked")
    bad = seal(Credential(token="gone").dump(), world.cluster.seal_context)
    Cluster.objects.filter(pk=world.cluster.pk).update(sealed_credential=bad)
    job = run_until_code(allocation, "credential-expired")
    assert job.state == "parked"
    Cluster.objects.filter(pk=world.cluster.pk).update(sealed_credential=good)
    with system():
        cluster_state_changed(world.cluster.pk, "credential_expired", "connected")
    assert world.final_job(allocation, CREATE).state == "succeeded"


def test_a_quota_of_somebody_else_is_named_and_waited_for(world: World) -> None:
    first = world.ask("first")
    assert world.final_job(first, CREATE).state == "succeeded"
    quota = ("quota", "foreign", "-n", "berth-vision")
    world.bed.kubectl("create", *quota, "--hard=pods=1")
    second = world.ask("second")
    job = run_until_code(second, "cluster-quota")
    assert job.state == "waiting"
    world.bed.kubectl("delete", *quota)
    until(lambda: run_once(second).state == "succeeded", seconds=120)


def test_an_edited_object_is_drift_with_the_managers_name_and_can_be_restored(
    world: World,
) -> None:
    allocation = world.ask("edited")
    assert world.final_job(allocation, CREATE).state == "succeeded"
    name = world.fresh(allocation).object_name
    patch = ("patch", "statefulset", name, "-n", "berth-vision", "--type=merge")
    world.bed.kubectl(
        *patch, "-p", '{"spec":{"replicas":0}}', "--field-manager=somebody", user="admin"
    )

    def seen() -> Drift | None:
        with system():
            cluster_scan(cluster_id=world.cluster.pk)
            return Drift.objects.filter(resolved_at=None, kind="changed").first()

    drift = until(seen, seconds=60)
    assert drift.manager == "somebody"
    with system() as viewer:
        drift = Drift.objects.select_related("allocation").get(pk=drift.pk)
        drift_choose(drift=drift, choice="restore", why="tests", viewer=viewer)
    assert world.final_job(allocation, RESTORE).state == "succeeded"
    until(lambda: world.names("pods", "berth-vision") == {f"{name}-0"})
