"""SIGKILL at every boundary of allocate, release and replace; the oracle is SQL and the cluster.

Each boundary that an undisturbed run came to is taken once per round: a forked child runs the
job and kills itself there, others finish. Then: one object, its pods and no other, quota exact,
ledger equal to the counters, commitments equal to what is held, and nothing left over at the end.
"""

from __future__ import annotations

import json
import os
import signal
import time

import pytest
from django.db.models import Sum
from pytest_django import Settings

from inventory.k8s.quantities import amounts_parse
from portal.models import JobRun
from scheduling.models import Allocation, Commitment, NodeCommitment
from scheduling.services.allocations import CREATE, RELEASE, REPLACE, allocation_release
from scheduling.services.overcommit import replace_request
from tests.scheduling.world import (
    World,
    ledger_differences,
    quota_give,
    quota_numbers,
    system,
    until,
)
from tests.storms.boundaries import Hit, all_finish, fork_run, trace, wait_for

pytestmark = [
    pytest.mark.storm,
    pytest.mark.bed,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
]
LEAST_BOUNDARIES = 12
LEASE_SECONDS = 1.0
ABREAST = 6
SHAPE = {"cpu": 100, "memory": 64 * 2**20}
ROUNDS = int(os.environ.get("BERTH_KILL_ROUNDS", "2"))


@pytest.fixture(autouse=True)
def _short_lease(settings: Settings) -> None:
    settings.JOB_LEASE_SECONDS = LEASE_SECONDS


def job_of(allocation: Allocation, kind: str) -> JobRun:
    """The newest job of a kind."""
    with system():
        return JobRun.objects.filter(key=allocation.job_key, kind=kind).latest("pk")


def trace_to_end(job: JobRun) -> list[Hit]:
    """All boundaries of an undisturbed run."""
    hits = trace(job.pk)
    assert state_of(job) == "succeeded"
    assert len(hits) >= LEAST_BOUNDARIES
    return hits


def state_of(job: JobRun) -> str:
    """The state of a job now."""
    with system():
        job.refresh_from_db()
    return job.state


def settled(world: World, running: list[Allocation], *, pieces: int = 1) -> None:
    """The oracle after a storm: the cluster and SQL say the same, and nothing twice."""
    namespace = "berth-vision"
    wanted = {world.fresh(allocation).object_name for allocation in running}
    until(lambda: world.names("statefulsets", namespace) == wanted)
    pods = {f"{name}-{index}" for name in wanted for index in range(pieces)}
    until(lambda: world.names("pods", namespace) == pods)
    held = SHAPE["cpu"] * pieces * len(running)
    for tenant_key in ("vision", "aurora"):
        assert quota_numbers(tenant_key)["cpu"] == (0, held, 0)
    assert ledger_differences() == []
    hard = world.bed.kubectl(
        "get", "resourcequota", "berth", "-n", namespace, "-o", "jsonpath={.status.hard}"
    ).stdout
    assert amounts_parse(json.loads(hard))["requests.cpu"] == held
    with system():
        rows = Commitment.objects.filter(resource="cpu")
        assert (rows.aggregate(sum=Sum("committed"))["sum"] or 0) == held
        for node in NodeCommitment.objects.all():
            parts = Commitment.objects.filter(
                cluster=node.cluster, node_uid=node.node_uid, resource=node.resource
            )
            assert node.committed == (parts.aggregate(sum=Sum("committed"))["sum"] or 0)
            assert node.free >= 0


def storm(jobs: list[JobRun], *, how: signal.Signals = signal.SIGKILL) -> None:
    """Job number n dies at its boundary n; then all are run to their end by others."""
    for start in range(0, len(jobs), ABREAST):
        wave = list(enumerate(jobs))[start : start + ABREAST]
        for pid in [fork_run(job.pk, at=number, how=how) for number, job in wave]:
            wait_for(pid)
    time.sleep(LEASE_SECONDS)
    all_finish([job.pk for job in jobs], abreast=ABREAST, seconds=300)
    assert {state_of(job) for job in jobs} == {"succeeded"}


def asked(world: World, count: int) -> list[Allocation]:
    """Allocations to bring up, small enough for all to stand side by side."""
    mark = time.monotonic_ns() % 10**7
    return [world.ask(f"s{mark}-{n}", pool="cpu", shape=SHAPE) for n in range(count)]


def brought_up(world: World, count: int) -> list[Allocation]:
    """Allocations that run."""
    allocations = asked(world, count)
    jobs = [job_of(allocation, CREATE).pk for allocation in allocations]
    all_finish(jobs, abreast=ABREAST, seconds=300)
    return allocations


def released(world: World, allocations: list[Allocation]) -> list[JobRun]:
    """Ask for all to be given back."""
    for allocation in allocations:
        with system() as viewer:
            allocation_release(allocation=world.fresh(allocation), viewer=viewer)
    return [job_of(allocation, RELEASE) for allocation in allocations]


def replaced(allocations: list[Allocation]) -> list[JobRun]:
    """Ask for all to be placed anew; their nodes are over-committed by decree."""
    with system():
        for allocation in allocations:
            replace_request(allocation, why="storm", avoid=[])
    return [job_of(allocation, REPLACE) for allocation in allocations]


@pytest.fixture
def roomy(world: World) -> World:
    """Quota for a storm in the pool without devices."""
    quota_give(amounts={"cpu": 64_000, "memory": 256 * 2**30}, pool="cpu")
    return world


@pytest.mark.timeout(1500)
def test_allocate_survives_a_kill_at_every_boundary(roomy: World) -> None:
    (first,) = asked(roomy, 1)
    hits = trace_to_end(job_of(first, CREATE))
    running = [first]
    for _round in range(ROUNDS):
        more = asked(roomy, len(hits))
        storm([job_of(allocation, CREATE) for allocation in more])
        running += more
    settled(roomy, running)


@pytest.mark.timeout(1500)
def test_release_survives_a_kill_at_every_boundary(roomy: World) -> None:
    (first,) = brought_up(roomy, 1)
    hits = trace_to_end(released(roomy, [first])[0])
    for _round in range(ROUNDS):
        storm(released(roomy, brought_up(roomy, len(hits))))
    settled(roomy, [])
