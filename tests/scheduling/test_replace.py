"""Placing anew: a node that goes, room that a foreign pod takes, a difference made by hand."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from deploy.testbed import Bed, ToolchainMissing, bed_down, bed_up
from portal.models import JobRun
from scheduling.models import Allocation, Commitment, Drift, NodeCommitment
from scheduling.services.allocations import CREATE, REPLACE
from scheduling.services.drift import RESTORE, drift_choose
from scheduling.services.patrol import overcommit_watch
from scheduling.services.scan import cluster_scan
from tests.people import people_make
from tests.scheduling.world import (
    GIB,
    World,
    cluster_make,
    ledger_differences,
    mirror_ready,
    now,
    pace_forget,
    pools_make,
    quota_give,
    quota_numbers,
    space_remove,
    system,
    until,
)

pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
NAME = f"replace-{os.getpid()}"
PLENTY = {"cpu": 640_000, "memory": 5120 * GIB, "h100-sxm-80gb": 64}
WHOLE = {"cpu": 1000, "memory": GIB, "h100-sxm-80gb": 8}


@pytest.fixture(scope="module")
def forty_bed() -> Iterator[Bed]:
    """Forty nodes, so that there is another place."""
    try:
        bed = bed_up(name=NAME, fleet="bed")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))
    yield bed
    bed_down(name=NAME)


@pytest.fixture
def wide(forty_bed: Bed, transactional_db: None) -> Iterator[World]:
    """A world on forty nodes."""
    people_make()
    with system():
        found = World(forty_bed, cluster_make(forty_bed), pools_make())
    with found.watching():
        mirror_ready(found.cluster, nodes=30)
        quota_give(amounts=PLENTY)
        yield found
    for name in found.names("namespaces"):
        if name.startswith("berth-vision"):
            space_remove(forty_bed, name)
    forty_bed.kubectl("delete", "pod", "foreign", "--ignore-not-found", "--now")
    pace_forget()


def node_of(world: World, pod: str) -> str:
    """Where a pod stands."""
    place = ("get", "pod", pod, "-n", "berth-vision", "-o", "jsonpath={.spec.nodeName}")
    return str(world.bed.kubectl(*place).stdout)


def test_a_workload_moves_when_its_node_is_deleted(wide: World) -> None:
    allocation = wide.ask("moves", shape=WHOLE)
    assert wide.final_job(allocation, CREATE).state == "succeeded"
    pod = f"{wide.fresh(allocation).object_name}-0"
    old = node_of(wide, pod)
    wide.bed.kubectl("delete", "node", old)

    def asked() -> bool:
        with system():
            return JobRun.objects.filter(key=allocation.job_key, kind=REPLACE).exists()

    until(asked, seconds=60)
    assert wide.final_job(allocation, REPLACE).state == "succeeded"
    until(lambda: node_of(wide, pod) not in ("", old), seconds=60)
    assert quota_numbers()["h100-sxm-80gb"] == (0, 8, 0)
    assert ledger_differences() == []
    with system():
        held = Commitment.objects.filter(holder=allocation.holder, resource="h100-sxm-80gb")
        assert [row.node_name for row in held] == [node_of(wide, pod)]


def test_a_foreign_pod_on_promised_room_makes_the_promise_move(wide: World) -> None:
    allocation = wide.ask("yields", shape=WHOLE)
    place_only(wide, allocation)
    (node,) = promised(allocation)
    foreign_pod(wide, node)

    def settled() -> bool:
        with system():
            over = [row for row in NodeCommitment.objects.all() if row.free < 0]
        wide.run_jobs()
        return not over

    until(settled, seconds=60)
    with system():
        held = Commitment.objects.filter(holder=allocation.holder)
        assert node not in {row.node_name for row in held}
    assert wide.final_job(allocation, CREATE).state == "succeeded"
    assert quota_numbers()["h100-sxm-80gb"] == (0, 8, 0)


def test_an_open_pod_on_promised_room_moves_promises_within_a_minute(wide: World) -> None:
    """Two allocations promised on the same nodes, and a tenant's own pod that lands there."""
    opened = wide.ask("room", kind="open", shape=WHOLE | {"h100-sxm-80gb": 2})
    assert wide.final_job(opened, CREATE).state == "succeeded"
    big = wide.ask("big", replicas=2, shape=WHOLE | {"h100-sxm-80gb": 6})
    small = wide.ask("small", replicas=3, shape=WHOLE | {"h100-sxm-80gb": 2})
    for allocation in (big, small):
        place_only(wide, allocation)
    shared = sorted(promised(big) & promised(small))
    assert shared, (promised(big), promised(small))
    open_pod(wide, shared[0])

    until(over, seconds=30)
    began = time.monotonic()
    until(lambda: wide.run_jobs() or not over(), seconds=60)
    assert time.monotonic() - began < 60
    for allocation in (big, small):
        assert wide.final_job(allocation, CREATE).state == "succeeded"
    assert quota_numbers()["h100-sxm-80gb"] == (0, 20, 0)
    assert ledger_differences() == []
    until(lambda: not over() and bound() == {"big": 12, "small": 6, "room": 2}, seconds=30)


def test_open_room_makes_way_for_a_foreign_pod_within_a_minute(wide: World) -> None:
    """A pod of the tenant's holds two of the eight devices, and the one place for pods."""
    opened = wide.ask("room", kind="open", shape=WHOLE)
    assert wide.final_job(opened, CREATE).state == "succeeded"
    beside = wide.ask("beside", kind="open", shape=WHOLE | {"h100-sxm-80gb": 2})
    assert wide.final_job(beside, CREATE).state == "succeeded"
    node = max(open_room(), key=lambda name: open_room()[name][0])
    open_pod(wide, node)
    until(lambda: open_room()[node][1] == 2, seconds=30)
    foreign_pod(wide, node)
    until(lambda: over() or open_room()[node][0] < 8, seconds=30)
    began = time.monotonic()
    until(lambda: wide.run_jobs() or not over(), seconds=60)
    assert time.monotonic() - began < 60
    held = open_room()
    assert sum(committed for committed, _bound in held.values()) == 10
    assert held[node][1] == 2
    asked = replacements()
    for _round in range(3):
        overcommit_watch(now())
        wide.run_jobs()
    assert (over(), replacements()) == ([], asked)
    assert quota_numbers()["h100-sxm-80gb"] == (0, 10, 0)


def over() -> list[str]:
    """What is promised beyond what there is."""
    with system():
        return [str(row) for row in NodeCommitment.objects.all() if row.free < 0]


def replacements() -> int:
    """How many jobs were asked to place anew."""
    with system():
        return JobRun.objects.filter(kind=REPLACE).count()


def open_room() -> dict[str, tuple[int, int]]:
    """(committed, bound) devices of the open namespace by node."""
    with system():
        rows = Commitment.objects.filter(holder__startswith="namespace:", resource="h100-sxm-80gb")
        return {row.node_name: (row.committed, row.bound) for row in rows}


def place_only(world: World, allocation: Allocation) -> None:
    """Let an allocation be promised its room and nothing more happen to it."""
    job = world.job(allocation, CREATE)
    assert job is not None
    until(lambda: wide_run_once(job.pk, stop_after="place") or promised(allocation))


def promised(allocation: Allocation) -> set[str]:
    """The nodes that an allocation has room on."""
    with system():
        held = Commitment.objects.filter(holder=allocation.holder, committed__gt=0)
        return set(held.values_list("node_name", flat=True))


def bound() -> dict[str, int]:
    """Devices that each allocation's pods hold, by name."""
    with system():
        names = {a.holder: a.name for a in Allocation.objects.filter(kind="workload")}
        found = dict.fromkeys([*names.values(), "room"], 0)
        for row in Commitment.objects.filter(resource="h100-sxm-80gb"):
            found[names.get(row.holder, "room")] += row.bound
    return found


def open_pod(world: World, node: str) -> None:
    """A pod of the tenant's own, where it was given room, that insists on a node."""
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    amounts = {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "2"}
    container = {
        "name": "main",
        "image": "registry.example/own:1",
        "resources": {"requests": amounts, "limits": amounts},
    }
    spec = {
        "affinity": {"nodeAffinity": required},
        "nodeSelector": {"berth.dev/pool": "h100"},
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "containers": [container],
    }
    client = world.bed.client("tester")
    body = {"metadata": {"name": "own"}, "spec": spec}
    client.create("/api/v1/namespaces/berth-vision-h100/pods", body)


def wide_run_once(job_id: int, *, stop_after: str) -> None:
    """Run a job until a step is done, and no further."""
    from portal.jobs import runner  # noqa: PLC0415 - patched for the length of this call

    advance = runner._advance

    def stopping(lease: object, heart: object) -> bool:
        more = advance(lease, heart)  # type: ignore[arg-type]
        with system():
            job = JobRun.objects.get(pk=job_id)
            done = job.steps.filter(name=stop_after, state="done").exists()
            if done:
                JobRun.objects.filter(pk=job_id).update(lease_until=None)
        return more and not done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_advance", stopping)
        runner.job_run(job_id=job_id)


def foreign_pod(world: World, node: str) -> None:
    """A pod of somebody else, bound straight to a node."""
    world.bed.client("admin").create(
        "/api/v1/namespaces/default/pods",
        {
            "metadata": {"name": "foreign"},
            "spec": {
                "nodeName": node,
                "tolerations": [{"operator": "Exists"}],
                "containers": [
                    {
                        "name": "main",
                        "image": "registry.example/foreign:1",
                        "resources": {
                            "requests": {"nvidia.com/gpu": "4"},
                            "limits": {"nvidia.com/gpu": "4"},
                        },
                    }
                ],
            },
        },
    )


def test_a_deleted_object_is_seen_and_restored_by_choice(wide: World) -> None:
    allocation = wide.ask("gone")
    assert wide.final_job(allocation, CREATE).state == "succeeded"
    name = wide.fresh(allocation).object_name
    wide.bed.kubectl("delete", "statefulset", name, "-n", "berth-vision", user="admin")

    def seen() -> Drift | None:
        with system():
            cluster_scan(cluster_id=wide.cluster.pk)
            return Drift.objects.filter(resolved_at=None, kind="missing").first()

    drift = until(seen, seconds=60)
    with system() as viewer:
        drift = Drift.objects.select_related("allocation").get(pk=drift.pk)
        drift_choose(drift=drift, choice="restore", why="tests", viewer=viewer)
    assert wide.final_job(allocation, RESTORE).state == "succeeded"
    assert wide.names("statefulsets", "berth-vision") == {name}
    until(lambda: wide.names("pods", "berth-vision") == {f"{name}-0"})
    with system():
        cluster_scan(cluster_id=wide.cluster.pk)
        assert not Drift.objects.filter(resolved_at=None).exists()
