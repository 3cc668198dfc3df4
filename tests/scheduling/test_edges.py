"""Where a namespace or a whole cluster is gone, or another, when an allocation is given back."""

from __future__ import annotations

import json
import time

import pytest

from inventory.models import Cluster
from inventory.selectors import connections
from portal.errors import Conflict
from portal.jobs.lease import LeaseLost
from portal.jobs.runner import POISON, job_run
from portal.models import JobRun
from scheduling.models import TenantNamespace
from scheduling.services.allocations import CREATE, RELEASE, allocation_release
from scheduling.services.drift import RESTORE
from tests.scheduling.facts import stop_before
from tests.scheduling.test_crossings import creating, release, up_unsaid
from tests.scheduling.test_drift import choose, drift_shown
from tests.scheduling.world import (
    GIB,
    World,
    cluster_make,
    identity_of,
    ledger_differences,
    quota_numbers,
    space_remove,
    system,
    until,
)

pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
GPU = "h100-sxm-80gb"
SPACE, OPEN = "berth-vision", "berth-vision-h100"
SHAPE = {"cpu": 1000, "memory": GIB, GPU: 2}


def credited() -> None:
    """Nothing is charged any more, and counters are the ledger's."""
    assert ledger_differences() == []
    assert quota_numbers()[GPU] == (0, 0, 0)


@pytest.mark.parametrize(("kind", "space"), [("workload", SPACE), ("open", OPEN)])
@pytest.mark.parametrize("foreign", [False, True])
def test_what_is_gone_with_its_namespace_is_credited_and_a_foreign_one_left_alone(
    world: World, kind: str, space: str, foreign: bool
) -> None:
    held = world.ask("held", kind=kind, shape=SHAPE)
    assert world.final_job(held, CREATE).state == "succeeded"
    space_remove(world.bed, space)
    if foreign:
        world.bed.kubectl("create", "namespace", space)
    release(world, held)
    assert world.final_job(held, RELEASE).state == "succeeded"
    assert world.fresh(held).state == "released"
    if foreign:
        quotas = world.bed.client().get(f"/api/v1/namespaces/{space}/resourcequotas")
        assert quotas["items"] == []
    else:
        assert space not in world.names("namespaces")
    credited()


def test_nothing_is_credited_over_a_connection_that_leads_to_another_cluster(
    world: World,
) -> None:
    held = world.ask("held")
    assert world.final_job(held, CREATE).state == "succeeded"
    Cluster.objects.filter(pk=world.cluster.pk).update(identity="that-of-another")
    connections._clients.clear()
    job = release(world, held)
    until(lambda: job_run(job_id=job.pk) and parked(job))
    assert "Another cluster answers" in world.said(job)
    assert quota_numbers()[GPU] == (0, 0, 2)
    Cluster.objects.filter(pk=world.cluster.pk).update(identity=identity_of(world.bed))
    assert world.people is not None
    again = world.people.operator.client().post(f"/jobs/{job.pk}/retry/")
    assert again.status_code == 302
    assert world.final_job(held, RELEASE).state == "succeeded"
    credited()


def parked(job: JobRun) -> bool:
    """Whether it waits for a person."""
    with system():
        job.refresh_from_db()
    return job.state == "parked"


def test_putting_back_a_quota_wakes_whoever_stopped_because_of_it(world: World) -> None:
    first, second = world.ask("first"), world.ask("second")
    for each in (first, second):
        assert world.final_job(each, CREATE).state == "succeeded"
    body = json.dumps({"spec": {"hard": {"requests.cpu": "99"}}})
    done = world.bed.kubectl(
        *("patch", "resourcequota", "berth", "-n", SPACE, "--type=merge", "-p", body),
        "--field-manager=somebody",
    )
    assert not done.returncode, done.stderr
    job = release(world, first)
    until(lambda: job_run(job_id=job.pk) and parked(job), seconds=60)
    row = drift_shown(world, "changed", time.monotonic(), of="ResourceQuota")
    choose(world, row, "restore")
    assert world.final_job(second, RESTORE).state == "succeeded"
    assert world.final_job(first, RELEASE).state == "succeeded"
    assert quota_numbers()[GPU] == (0, 2, 0)
    assert ledger_differences() == []


def test_a_cluster_that_is_registered_again_knows_its_tenants_namespaces(world: World) -> None:
    held = world.ask("held")
    assert world.final_job(held, CREATE).state == "succeeded"
    release(world, held)
    assert world.final_job(held, RELEASE).state == "succeeded"
    Cluster.objects.filter(pk=world.cluster.pk).update(state="removed", sealed_credential=b"")
    again = World(world.bed, cluster_make(world.bed), world.pools)
    with again.watching():
        made = again.ask("again")
        until(lambda: again.run_jobs() or again.fresh(made).state == "active", seconds=60)
    with system():
        uids = TenantNamespace.objects.filter(name=SPACE).values_list("uid", flat=True)
        assert len(uids) == 2
        assert len(set(uids)) == 1


def test_a_release_that_is_tried_again_narrows_what_the_first_left_wide(world: World) -> None:
    held = world.ask("held")
    beside = world.ask("beside")
    for each in (held, beside):
        assert world.final_job(each, CREATE).state == "succeeded"
    lost = release(world, held)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scheduling.services.steps.widen.quota_settle", died)
        until(lambda: job_run(job_id=lost.pk) and not world.fresh(held).widened)
    with system():
        JobRun.objects.filter(pk=lost.pk).update(
            state="quarantined", lease_until=None, due_at=None, reason=POISON.as_dict()
        )
    assert world.fresh(held).widened is False
    assert world.people is not None
    assert world.people.operator.client().post(f"/jobs/{lost.pk}/retry/").status_code == 302
    assert world.final_job(held, RELEASE).state == "succeeded"
    quota = world.bed.client().get(f"/api/v1/namespaces/{SPACE}/resourcequotas/berth")
    assert quota["spec"]["hard"]["requests.nvidia.com/gpu"] == "2"


def died(*_: object) -> None:
    """The worker ends here."""
    raise LeaseLost


def test_what_is_taken_back_already_is_not_released_beside_it(world: World) -> None:
    """It counts as active: its job died after it said so, and was stopped then."""
    allocation = world.ask("late")
    job = creating(world, allocation)
    up_unsaid(world, allocation, job)
    assert world.people is not None
    assert world.people.operator.client().post(f"/jobs/{job.pk}/cancel/").status_code == 302
    with system():
        JobRun.objects.filter(pk=job.pk).update(lease_until=None)
    with pytest.MonkeyPatch.context() as patch:
        stop_before(patch, "withdraw")
        until(lambda: job_run(job_id=job.pk) and undoing(job))
    with system() as viewer, pytest.raises(Conflict, match="already released"):
        allocation_release(allocation=world.fresh(allocation), viewer=viewer)
    assert world.final_job(allocation, CREATE).state == "compensated"
    credited()


def undoing(job: JobRun) -> bool:
    """Whether it is being undone."""
    with system():
        job.refresh_from_db()
    return job.undoing
