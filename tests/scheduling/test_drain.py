"""Giving open capacity back while pods of the tenant stand in it, and linger when they end."""

from __future__ import annotations

import pytest

from portal.models import JobLog, JobRun, Notice
from scheduling.models import Allocation
from scheduling.services.allocations import RELEASE, allocation_release
from tests.scheduling.test_faults import GPU, alive, running, until_code, until_state
from tests.scheduling.world import GIB, World, ledger_differences, quota_numbers, system, until

__all__ = ["alive"]
pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
SPACE = "berth-vision-h100"
PODS = f"/api/v1/namespaces/{SPACE}/pods"
TWO = {"cpu": 1000, "memory": GIB, GPU: 2}
LINGER = 5


@pytest.fixture
def roomy(alive: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Little time to end pods."""
    monkeypatch.setattr("scheduling.services.steps.drain.DRAIN_SECONDS", 6)
    return alive


def opened(world: World, name: str, *, replicas: int = 1, evict: bool = False) -> Allocation:
    """Open capacity that stands."""
    consent = {"evict": True} if evict else {}
    return running(world, name, kind="open", shape=TWO, replicas=replicas, consent=consent)


def own_pod(world: World, name: str, *, devices: int) -> None:
    """A pod of the tenant's own that takes its time to end."""
    amounts = {"cpu": "100m", "memory": "64Mi"}
    if devices:
        amounts["nvidia.com/gpu"] = str(devices)
    body = {
        "metadata": {
            "name": name,
            "annotations": {"testbed.berth.dev/terminate-seconds": str(LINGER)},
        },
        "spec": {
            "nodeSelector": {"berth.dev/pool": "h100"},
            "tolerations": [
                {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
            ],
            "containers": [
                {
                    "name": "main",
                    "image": "registry.example/own:1",
                    "resources": {"requests": amounts, "limits": amounts},
                }
            ],
        },
    }
    world.bed.client("tester").create(PODS, body)
    until(lambda: phases(world).get(name) == "Running")


def phases(world: World) -> dict[str, str]:
    """Pods by name; "ending" for one that has been told to go."""
    return {
        pod["metadata"]["name"]: "ending"
        if pod["metadata"].get("deletionTimestamp")
        else pod["status"]["phase"]
        for pod in world.bed.client().get(PODS)["items"]
    }


def pod_end(world: World, name: str) -> None:
    """The tenant ends a pod."""
    world.bed.client().delete(f"{PODS}/{name}")


def release(world: World, allocation: Allocation) -> None:
    """Ask for it back."""
    with system() as viewer:
        allocation_release(allocation=world.fresh(allocation), viewer=viewer)


def evicted(job: JobRun) -> list[str]:
    """Names of pods that the job says it has evicted."""
    with system():
        lines = JobLog.objects.filter(job=job, text__startswith="Evicted")
        return sorted(lines.values_list("params__pod", flat=True))


def told() -> set[str]:
    """Who got a notice that pods have to end."""
    with system():
        rows = Notice.objects.filter(kind="allocation.draining")
        names = list(rows.values_list("params__name", "user_id"))
    assert len(set(names)) == len(names)  # nobody twice
    return {str(name) for name, _user in names}


def test_pods_that_fit_what_remains_are_left_alone(roomy: World) -> None:
    first, _second = opened(roomy, "first", evict=True), opened(roomy, "second")
    own_pod(roomy, "own", devices=2)
    release(roomy, first)
    job = until_state(roomy, first, "succeeded", kind=RELEASE)
    assert (evicted(job), told(), phases(roomy)) == ([], set(), {"own": "Running"})
    assert quota_numbers()[GPU] == (0, 2, 0)


def test_a_tenant_who_is_told_and_ends_pods_in_time_loses_none(roomy: World) -> None:
    first, _second = opened(roomy, "first", evict=True), opened(roomy, "second")
    for name in ("old", "young"):
        own_pod(roomy, name, devices=2)
    release(roomy, first)
    job = until_code(roomy, first, "drain", kind=RELEASE)
    assert "requests.nvidia.com/gpu 2" in roomy.said(job)
    assert told() == {"first"}
    pod_end(roomy, "old")
    job = until_state(roomy, first, "succeeded", kind=RELEASE)
    assert (evicted(job), set(phases(roomy))) == ([], {"young"})
    assert quota_numbers()[GPU] == (0, 2, 0)
    assert ledger_differences() == []


def test_after_the_deadline_as_few_as_needed_are_evicted_with_consent(roomy: World) -> None:
    """The youngest holds no device; of the two that do, one is enough, however long it lingers."""
    first, _second = opened(roomy, "first", replicas=2, evict=True), opened(roomy, "second")
    for name, devices in (("eldest", 2), ("middle", 2), ("youngest", 0)):
        own_pod(roomy, name, devices=devices)
    release(roomy, first)
    job = until_code(roomy, first, "drain", kind=RELEASE)
    assert "They have until" in roomy.said(job)
    assert set(phases(roomy).values()) == {"Running"}
    until(lambda: phases(roomy)["middle"] == "ending", seconds=30)
    assert "middle" in roomy.said(until_code(roomy, first, "drain", kind=RELEASE))
    assert quota_numbers()[GPU] == (0, 2, 4)
    job = until_state(roomy, first, "succeeded", kind=RELEASE)
    assert evicted(job) == ["middle"]
    assert phases(roomy) == {"eldest": "Running", "youngest": "Running"}
    assert quota_numbers()[GPU] == (0, 2, 0)
    assert ledger_differences() == []


def test_without_consent_it_is_parked_still_charged_until_pods_end(roomy: World) -> None:
    first, _second = opened(roomy, "first"), opened(roomy, "second", evict=True)
    for name in ("old", "young"):
        own_pod(roomy, name, devices=2)
    release(roomy, first)
    job = until_state(roomy, first, "parked", kind=RELEASE)
    assert "goes on by itself" in roomy.said(job)
    assert set(phases(roomy).values()) == {"Running"}
    assert quota_numbers()[GPU] == (0, 2, 2)
    assert roomy.fresh(first).state == "releasing"
    pod_end(roomy, "young")
    job = until_state(roomy, first, "succeeded", kind=RELEASE)
    assert (evicted(job), told()) == ([], {"first"})
    assert quota_numbers()[GPU] == (0, 2, 0)
    assert ledger_differences() == []


def test_consent_of_one_allocation_evicts_nothing_for_another_without(roomy: World) -> None:
    """Both go; room of the one that did not consent is left to its pods."""
    silent, loud = opened(roomy, "silent"), opened(roomy, "loud", evict=True)
    for name in ("old", "young"):
        own_pod(roomy, name, devices=2)
    release(roomy, silent)
    until_state(roomy, silent, "parked", kind=RELEASE)
    release(roomy, loud)
    job = until_state(roomy, loud, "succeeded", kind=RELEASE)
    assert evicted(job) == ["young"]
    assert phases(roomy) == {"old": "Running"}
    assert quota_numbers()[GPU] == (0, 0, 2)
    pod_end(roomy, "old")
    until_state(roomy, silent, "succeeded", kind=RELEASE)
    assert quota_numbers()[GPU] == (0, 0, 0)
