"""A run that loses a node: it stands still, is pointed elsewhere and goes on, or begins again."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.testbed import DEFAULT_VERSION, Bed
from portal.models import JobRun, JobStep
from scheduling.models import Allocation, Commitment, Drift
from scheduling.services.allocations import (
    CREATE,
    RELEASE,
    REPLACE,
    allocation_release,
    allocation_replace,
)
from scheduling.services.scan import cluster_scan
from scheduling.services.steps.common import POLL_SECONDS
from tests.inventory.faults import plain
from tests.scheduling.conftest import AMOUNTS, NODES, world_open
from tests.scheduling.interposer import Interposer
from tests.scheduling.test_faults import GPU, running, until_code, until_state
from tests.scheduling.world import (
    GIB,
    World,
    ledger_differences,
    mirror_ready,
    quota_give,
    quota_numbers,
    system,
    until,
)

pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
SPACE = "berth-vision"
JOBS = f"/apis/batch/v1/namespaces/{SPACE}/jobs"
HALF = {"cpu": 1000, "memory": GIB, GPU: 4}
DRY_RUN = r"^PATCH \S+/jobs/\S+dryRun=All"
REFUSED = (
    b'{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Invalid","code":422,'
    b'"message":"spec.template: field is immutable"}'
)

FORBIDDEN = (
    b'{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,'
    b'"message":"jobs.batch is forbidden: cannot patch"}'
)


@pytest.fixture
def wire(small_bed: Bed) -> Iterator[Interposer]:
    """Stands between Berth and the bed."""
    made = Interposer(small_bed)
    yield made
    made.close()


@pytest.fixture
def moving(small_bed: Bed, wire: Interposer, transactional_db: None) -> Iterator[World]:
    """A world in which somebody works, on a cluster whose answers can be spoilt."""
    with (
        world_open(small_bed, server=wire.url, ca_pem=wire.ca_pem) as found,
        found.watching(),
        found.working(),
    ):
        mirror_ready(found.cluster, nodes=NODES)
        quota_give(amounts=AMOUNTS)
        yield found


def run(world: World, *, consent: bool = False) -> Allocation:
    """A run of two pods on one node, which would take ten minutes."""
    return running(
        world,
        "train",
        runs_as="completion",
        replicas=2,
        shape=HALF,
        spec={"image": "registry.example/a:1", "command": ["sleep", "600"]},
        consent={"rerun": True} if consent else {},
    )


def pods(world: World) -> dict[str, tuple[str, str]]:
    """Phase and node by index, of pods that are not on their way out."""
    return {
        pod["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"]: (
            pod["status"]["phase"],
            pod["spec"].get("nodeName", ""),
        )
        for pod in world.bed.client().get(f"/api/v1/namespaces/{SPACE}/pods")["items"]
        if not pod["metadata"].get("deletionTimestamp") and pod["status"]["phase"] != "Failed"
    }


def job_object(world: World, allocation: Allocation) -> dict[str, Any]:
    """The Job as it stands."""
    found: dict[str, Any] = world.bed.client().get(f"{JOBS}/{allocation.object_name}")
    return found


def finish_first(world: World, allocation: Allocation) -> None:
    """Let the pod with index 0 complete."""
    (name,) = (
        pod["metadata"]["name"]
        for pod in world.bed.client().get(f"/api/v1/namespaces/{SPACE}/pods")["items"]
        if pod["metadata"]["name"].startswith(f"{allocation.object_name}-0-")
    )
    note = "testbed.berth.dev/run-seconds=0"
    world.bed.kubectl("annotate", "pod", name, "-n", SPACE, note, user="admin")
    until(lambda: job_object(world, allocation)["status"].get("completedIndexes") == "0")


def lose_node(world: World, *, collect: bool = False) -> str:
    """Delete the node on which index 1 runs; its name.

    `collect` its pods at once, as the cluster does by itself after 40 seconds.
    """
    lost = pods(world)["1"][1]
    world.bed.kubectl("delete", "node", lost)
    if collect:
        force = ("--force", "--grace-period=0")
        world.bed.kubectl("delete", "pods", "--all", "-n", SPACE, *force)
    return lost


def no_drift(world: World) -> bool:
    """Look for differences as the clock's round does; there must never have been one."""
    with system():
        cluster_scan(cluster_id=world.cluster.pk)
        assert list(Drift.objects.values_list("kind", "object_ref", "manager")) == []
    time.sleep(1)
    return True


@pytest.mark.skipif(
    DEFAULT_VERSION == "1.34",
    reason="Before Kubernetes 1.35 a Job that has run stays put: the tests below are its lot.",
)
def test_a_run_goes_on_elsewhere_and_what_is_finished_stays(moving: World) -> None:
    allocation = run(moving)
    before = job_object(moving, allocation)
    finish_first(moving, allocation)
    lost = lose_node(moving)

    def through() -> bool:
        job = moving.job(allocation, REPLACE)
        return no_drift(moving) and job is not None and job.state == "succeeded"

    until(through, seconds=120)
    until(lambda: pods(moving).get("1", ("", ""))[0] == "Running", seconds=30)
    assert pods(moving)["1"][1] not in ("", lost)
    after = job_object(moving, allocation)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert (after["spec"]["suspend"], after["status"]["completedIndexes"]) == (False, "0")
    assert moving.fresh(allocation).generation == 1
    for _round in range(3):
        no_drift(moving)
    assert quota_numbers()[GPU] == (0, 8, 0)
    assert ledger_differences() == []


def test_a_run_begins_again_in_a_successor_where_that_is_refused_and_consented(
    moving: World, wire: Interposer
) -> None:
    """The first index had finished: it runs again, too."""
    allocation = run(moving, consent=True)
    finish_first(moving, allocation)
    wire.spoil(DRY_RUN, plain(422, REFUSED), times=100)
    lost = lose_node(moving, collect=True)
    until_state(moving, allocation, "succeeded", kind=REPLACE)
    successor = moving.fresh(allocation)
    assert (successor.generation, successor.state) == (2, "active")
    assert moving.names("jobs", SPACE) == {successor.object_name}
    assert successor.object_name == f"train-a{allocation.pk}-g2"
    assert job_object(moving, successor)["metadata"]["uid"] == successor.object_uid
    until(lambda: {phase for phase, _node in pods(moving).values()} == {"Running"}, seconds=30)
    assert sorted(pods(moving)) == ["0", "1"]
    assert lost not in {node for _phase, node in pods(moving).values()}
    for _round in range(3):
        no_drift(moving)
    assert quota_numbers()[GPU] == (0, 8, 0)
    with system() as viewer:
        allocation_release(allocation=successor, viewer=viewer)
    until_state(moving, allocation, "succeeded", kind=RELEASE)
    assert moving.names("jobs", SPACE) == moving.names("pods", SPACE) == set()
    assert quota_numbers()[GPU] == (0, 0, 0)
    assert ledger_differences() == []


def test_a_run_without_consent_fails_in_words_and_gives_everything_back(
    moving: World, wire: Interposer
) -> None:
    allocation = run(moving)
    wire.spoil(DRY_RUN, plain(422, REFUSED), times=100)
    lose_node(moving, collect=True)
    job = until_state(moving, allocation, "failed", kind=REPLACE)
    assert "did not consent" in moving.said(job)
    until_state(moving, allocation, "succeeded", kind=RELEASE)
    ended = moving.fresh(allocation)
    assert (ended.state, (ended.reason or {}).get("code")) == ("failed", "rerun")
    assert moving.people is not None
    page = moving.people.alice.client().get(f"/t/vision/allocations/{allocation.pk}/")
    assert "did not consent" in page.content.decode()
    assert moving.names("jobs", SPACE) == moving.names("pods", SPACE) == set()
    assert quota_numbers()[GPU] == (0, 0, 0)
    assert ledger_differences() == []


def test_a_run_that_is_refused_while_it_comes_up_ends_the_same_way(
    moving: World, wire: Interposer
) -> None:
    """The job that brings it up is undone, and the allocation says why."""
    wire.spoil(DRY_RUN, plain(422, REFUSED), times=100)
    moving.bed.stop("scheduler")
    try:
        allocation = moving.ask(
            "early",
            runs_as="completion",
            shape=HALF,
            spec={"image": "registry.example/a:1", "command": ["sleep", "600"]},
        )
        until_code(moving, allocation, "starting")
        with system():
            node = Commitment.objects.filter(holder=allocation.holder)[0].node_name
        moving.bed.kubectl("delete", "node", node)
        until_state(moving, allocation, "failed", kind=REPLACE)
        until_state(moving, allocation, "compensated", kind=CREATE)
    finally:
        moving.bed.start("scheduler")
    ended = moving.fresh(allocation)
    assert (ended.state, (ended.reason or {}).get("code")) == ("failed", "rerun")
    assert moving.names("jobs", SPACE) == set()
    assert quota_numbers()[GPU] == (0, 0, 0)


def test_undoing_waits_for_a_successor_that_is_on_its_way(moving: World, wire: Interposer) -> None:
    """Stopped while the job that places anew is making another object: nothing is left of it."""
    wire.spoil(DRY_RUN, plain(422, REFUSED), times=100)
    asked, let_go = threading.Event(), threading.Event()

    def held(inner: socket.socket, request: str) -> None:
        asked.set()
        let_go.wait(60)
        wire.forward(inner, request)

    moving.bed.stop("scheduler")
    try:
        allocation = moving.ask(
            "early",
            runs_as="completion",
            shape=HALF,
            spec={"image": "registry.example/a:1", "command": ["sleep", "600"]},
            consent={"rerun": True},
        )
        until_code(moving, allocation, "starting")
        wire.spoil(rf"^POST {JOBS}", held)
        with system():
            node = Commitment.objects.filter(holder=allocation.holder)[0].node_name
        moving.bed.kubectl("delete", "node", node)
        assert asked.wait(60)
        with moving.working():  # the other worker is held, too
            with system() as viewer:
                allocation_release(allocation=moving.fresh(allocation), viewer=viewer)
            until_state(moving, allocation, "compensating", kind=CREATE)
            time.sleep(2 * POLL_SECONDS)
            assert quota_numbers()[GPU] == (4, 0, 0)
            let_go.set()
            until_state(moving, allocation, "compensated", kind=CREATE)
    finally:
        let_go.set()
        moving.bed.start("scheduler")
    until(lambda: moving.names("jobs", SPACE) == moving.names("pods", SPACE) == set())
    assert [job.state for job in (moving.job(allocation, REPLACE),) if job] == ["succeeded"]
    assert moving.fresh(allocation).state == "failed"
    assert (quota_numbers()[GPU], ledger_differences()) == ((0, 0, 0), [])


@pytest.mark.parametrize(("given_up", "suspended"), [(True, False), (False, True)])
def test_only_a_run_that_a_job_of_berths_has_left_suspended_is_resumed(
    moving: World, given_up: bool, suspended: bool
) -> None:
    """An operator tries the job again that was given up; what somebody else stops stays so."""
    allocation = run(moving)
    if given_up:
        with system():
            job = JobRun.objects.create(
                kind=REPLACE, key=allocation.job_key, queue="place", state="quarantined",
                requested_by_label="tests",
            )  # fmt: skip
            JobStep.objects.create(job=job, index=1, name="patch", intent={"suspend": True})
    path = f"{JOBS}/{allocation.object_name}"
    moving.bed.client("admin").merge(path, {"spec": {"suspend": True}})
    with system() as viewer:
        allocation_replace(allocation=moving.fresh(allocation), viewer=viewer, why="tests")
    until(lambda: patched(moving, allocation), seconds=30)
    assert job_object(moving, allocation)["spec"]["suspend"] is suspended


def patched(world: World, allocation: Allocation) -> bool:
    """Tell whether the job that places anew has looked at the object."""
    job = world.job(allocation, REPLACE)
    with system():
        return job is not None and job.steps.filter(name="patch", state="done").exists()


def test_a_run_that_stands_still_is_not_left_so_when_the_cluster_refuses(
    moving: World, wire: Interposer
) -> None:
    """A role was taken away between the pause and the patch; a person gives it back."""
    allocation = run(moving, consent=True)
    wire.spoil(DRY_RUN, plain(403, FORBIDDEN), times=1)
    lose_node(moving, collect=True)
    job = until_state(moving, allocation, "parked", kind=REPLACE)
    assert "lacks a right" in moving.said(job)
    assert job_object(moving, allocation)["spec"]["suspend"] is True
    assert moving.people is not None
    client = moving.people.operator.client()
    assert client.post(f"/jobs/{job.pk}/retry/").status_code == 302
    until_state(moving, allocation, "succeeded", kind=REPLACE)
    stands = moving.fresh(allocation)
    assert job_object(moving, stands)["spec"].get("suspend") is not True
    assert quota_numbers()[GPU] == (0, 8, 0)
    assert ledger_differences() == []
