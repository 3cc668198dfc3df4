"""What clusters and people do to a job: its state, its words on page and REST, and the way on.

A worker, the rounds by the clock and a watcher run as in an installation. Each test ends with
books that are exact.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from inventory.services.clusters import cluster_credential_rotate
from portal.models import JobRun
from scheduling.models import Allocation, Commitment, NodeCommitment
from scheduling.services.allocations import CREATE, REPLACE, allocation_release
from tests.inventory.world import OPERATOR, fresh, mirror_is_list, parsed
from tests.scheduling.conftest import AMOUNTS, NODES
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
GPU = "h100-sxm-80gb"


@pytest.fixture
def alive(world: World) -> Iterator[World]:
    """A world in which somebody works."""
    with world.working():
        yield world


def until_state(world: World, allocation: Allocation, *states: str, kind: str = CREATE) -> JobRun:
    """Wait until the last job of a kind is in one of these states."""

    def there() -> JobRun | None:
        job = world.job(allocation, kind)
        return job if job is not None and job.state in states else None

    found: JobRun = until(there, seconds=120)
    return found


def until_code(world: World, allocation: Allocation, code: str, kind: str = CREATE) -> JobRun:
    """Wait until a job gives a reason."""

    def there() -> JobRun | None:
        job = world.job(allocation, kind)
        return job if job is not None and (job.reason or {}).get("code") == code else None

    found: JobRun = until(there, seconds=120)
    return found


def running(world: World, name: str, **changes: object) -> Allocation:
    """An allocation that has been brought up."""
    allocation = world.ask(name, **changes)
    until_state(world, allocation, "succeeded")
    return world.fresh(allocation)


def node_of(world: World, pod: str) -> str:
    """Where a pod stands; empty where it stands nowhere or is on its way out."""
    place = ("get", "pod", pod, "-n", SPACE, "--ignore-not-found", "-o")
    text = world.bed.kubectl(*place, "jsonpath={.spec.nodeName} {.status.phase}").stdout
    node, _space, phase = str(text).partition(" ")
    return node if phase == "Running" else ""


def books_exact(world: World, *held: Allocation) -> None:
    """Counters, ledger, commitments and the cluster's own quota say the same."""
    devices = sum(allocation.charged[GPU] for allocation in held)
    assert quota_numbers()[GPU] == quota_numbers("aurora")[GPU] == (0, devices, 0)
    assert ledger_differences() == []

    def committed() -> bool:
        with system():
            rows = Commitment.objects.filter(resource=GPU)
            found = {(row.holder, row.committed, row.bound) for row in rows}
            over = [row for row in NodeCommitment.objects.all() if row.free < 0]
        return not over and found == {(a.holder, a.charged[GPU], a.charged[GPU]) for a in held}

    until(committed, seconds=30)
    names = world.names("resourcequotas", SPACE) if SPACE in world.names("namespaces") else set()
    if "berth" in names:
        hard = world.bed.client().get(f"/api/v1/namespaces/{SPACE}/resourcequotas/berth")
        assert int(hard["status"]["hard"]["requests.nvidia.com/gpu"]) == devices
    until(lambda: mirror_is_list(world.cluster, world.bed.client()), seconds=30)


def test_a_namespace_of_somebody_else_is_left_alone(alive: World) -> None:
    alive.bed.kubectl("create", "namespace", SPACE)
    before = alive.bed.client().get(f"/api/v1/namespaces/{SPACE}")["metadata"]
    job = until_state(alive, alive.ask("polite"), "compensated")
    assert job.reason["code"] == "namespace.foreign"
    assert SPACE in alive.said(job)
    after = alive.bed.client().get(f"/api/v1/namespaces/{SPACE}")["metadata"]
    assert after["resourceVersion"] == before["resourceVersion"]
    books_exact(alive)


@pytest.mark.parametrize("seconds", [8, pytest.param(60, marks=pytest.mark.long)])
def test_a_cluster_that_is_away_makes_jobs_wait_and_go_on(alive: World, seconds: int) -> None:
    first = running(alive, "first")
    alive.bed.stop("apiserver")
    try:
        began = time.monotonic()
        until(lambda: fresh(alive.cluster).state == "unreachable", seconds=60)
        new, leaving = alive.ask("patient"), first
        with system() as viewer:
            allocation_release(allocation=leaving, viewer=viewer)
        job = until_code(alive, new, "room")
        assert job.state in ("waiting", "running")  # it may be trying again at this moment
        assert alive.said(job)
        job = until_code(alive, leaving, "cluster-unreachable", kind="allocation.release")
        assert job.state in ("waiting", "running")
        assert "reach" in alive.said(job)
        assert quota_numbers()[GPU] == (0, 0, 2)
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    finally:
        alive.bed.start("apiserver")
    until_state(alive, leaving, "succeeded", kind="allocation.release")
    until_state(alive, new, "succeeded")
    books_exact(alive, alive.fresh(new))


def test_a_credential_that_runs_out_parks_jobs_until_there_is_another(bare: World) -> None:
    """Noticed by the job before the watcher, whose connection still stands."""
    secrets = "/api/v1/namespaces/berth-system/secrets"
    bare.bed.client().create(secrets, {"metadata": {"name": "short"}})
    token = bare.bed.create_token(secret="short")
    with system():
        cluster_credential_rotate(
            name="bed", kubeconfig=parsed(bare.bed, token=token), viewer=OPERATOR
        )
    with bare.watching(), bare.working():
        mirror_ready(bare.cluster, nodes=NODES)
        quota_give(amounts=AMOUNTS)
        first = running(bare, "first")
        bare.bed.client().delete(f"{secrets}/short")
        time.sleep(11)  # as long as the API server remembers good tokens
        second = bare.ask("second")
        job = until_code(bare, second, "credential-expired")
        assert job.state == "parked"
        assert "credential" in bare.said(job)
        with system():
            cluster_credential_rotate(name="bed", kubeconfig=parsed(bare.bed), viewer=OPERATOR)
        until_state(bare, second, "succeeded")
        books_exact(bare, first, bare.fresh(second))


def test_a_quota_of_somebody_else_is_named_and_waited_for(alive: World) -> None:
    first = running(alive, "first")
    quota = ("quota", "foreign", "-n", SPACE)
    alive.bed.kubectl("create", *quota, "--hard=pods=1")
    second = alive.ask("second")
    job = until_code(alive, second, "cluster-quota")
    assert job.state in ("waiting", "running")
    assert "quota of the cluster" in alive.said(job)
    alive.bed.kubectl("delete", *quota)
    until_state(alive, second, "succeeded")
    books_exact(alive, first, alive.fresh(second))


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.long)])
def test_a_pod_that_cannot_be_placed_gets_another_place(
    alive: World, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """Its node is cordoned between the decision and the scheduler's turn."""
    monkeypatch.setattr("scheduling.selectors.stuck.UNSCHEDULABLE_SECONDS", seconds)
    alive.bed.stop("scheduler")
    try:
        allocation = alive.ask("stuck")
        until_code(alive, allocation, "starting")
        with system():
            old = Commitment.objects.filter(holder=allocation.holder)[0].node_name
        alive.bed.kubectl("cordon", old)
    finally:
        alive.bed.start("scheduler")
    job = until_code(alive, allocation, "unschedulable")
    assert "finds no node with room" in alive.said(job)
    until_state(alive, allocation, "succeeded", kind=REPLACE)
    until_state(alive, allocation, "succeeded")
    assert node_of(alive, f"{allocation.object_name}-0") not in ("", old)
    books_exact(alive, alive.fresh(allocation))


def test_a_pod_without_another_place_says_so_and_returns_when_it_can(
    alive: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduling.selectors.stuck.UNSCHEDULABLE_SECONDS", 3)
    allocation = running(alive, "alone")
    pod = f"{allocation.object_name}-0"
    for name in ("h100-1", "h100-2"):
        alive.bed.kubectl("cordon", name)
    alive.bed.kubectl("delete", "pod", pod, "-n", SPACE)
    job = until_code(alive, allocation, "room", kind=REPLACE)
    assert job.state == "waiting"
    assert "No other place" in alive.said(job)
    for name in ("h100-1", "h100-2"):
        alive.bed.kubectl("uncordon", name)
    until_state(alive, allocation, "succeeded", kind=REPLACE)
    until(lambda: node_of(alive, pod))
    books_exact(alive, alive.fresh(allocation))


def test_what_waits_for_another_place_can_be_released(
    alive: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduling.selectors.stuck.UNSCHEDULABLE_SECONDS", 3)
    allocation = running(alive, "leaves")
    for name in ("h100-1", "h100-2"):
        alive.bed.kubectl("cordon", name)
    alive.bed.kubectl("delete", "pod", f"{allocation.object_name}-0", "-n", SPACE)
    until_code(alive, allocation, "room", kind=REPLACE)
    with system() as viewer:
        allocation_release(allocation=alive.fresh(allocation), viewer=viewer)
    until_state(alive, allocation, "succeeded", kind="allocation.release")
    books_exact(alive)


def test_an_image_that_cannot_be_pulled_is_said_and_then_undone(
    alive: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduling.services.steps.apply.IMAGE_PATIENCE_SECONDS", 5)
    allocation = alive.ask("bad", spec={"image": "registry.example/does-not-exist:1"})
    job = until_code(alive, allocation, "image")
    assert job.state in ("waiting", "running")
    assert "image can't be pulled" in alive.said(job).replace("&#x27;", "'")
    job = until_state(alive, allocation, "compensated")
    assert "registry.example/does-not-exist:1" in alive.said(job)
    assert alive.fresh(allocation).state == "failed"
    books_exact(alive)


def test_a_node_deleted_under_a_pod_moves_it(alive: World) -> None:
    whole = {"cpu": 1000, "memory": GIB, GPU: 8}
    allocation = running(alive, "moves", shape=whole)
    pod = f"{allocation.object_name}-0"
    old = node_of(alive, pod)
    alive.bed.kubectl("delete", "node", old)
    job = until_state(alive, allocation, "succeeded", kind=REPLACE)
    assert node_of(alive, pod) not in ("", old)
    assert alive.people is not None
    log = alive.people.operator.client().get(f"/api/v1/jobs/{job.pk}/").json()["log"]
    assert any("Moved from" in line["text"] and old in line["text"] for line in log)
    books_exact(alive, alive.fresh(allocation))


def test_a_node_that_is_gone_for_good_is_said_where_there_is_no_other(alive: World) -> None:
    whole = {"cpu": 1000, "memory": GIB, GPU: 8}
    alive.bed.kubectl("cordon", "h100-2")
    allocation = running(alive, "waits", shape=whole)
    alive.bed.kubectl("delete", "node", "h100-1")
    job = until_code(alive, allocation, "room", kind=REPLACE)
    assert "No other place" in alive.said(job)
    alive.bed.kubectl("uncordon", "h100-2")
    until_state(alive, allocation, "succeeded", kind=REPLACE)
    until(lambda: node_of(alive, f"{allocation.object_name}-0") == "h100-2")
    books_exact(alive, alive.fresh(allocation))
