"""What people start by themselves in open capacity: what Berth granted them, in its pool alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploy.testbed import ApiClient, ApiError
from inventory import labels
from inventory.models import Pool
from portal.jobs.runner import job_run
from scheduling.services.allocations import CREATE
from tests.inventory import objects
from tests.scheduling.conftest import AMOUNTS, NODES
from tests.scheduling.world import MODELS, World, mirror_ready, quota_give, system, until

pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
POOL, SPACE = "h100", "berth-vision-h100"
PODS = f"/api/v1/namespaces/{SPACE}/pods"
PINNED = {"nodeSelector": {labels.POOL: POOL}}
ELSEWHERE = {"nodeSelector": {labels.POOL: "l40s"}}


@pytest.fixture
def tester(world: World) -> ApiClient:
    """A plain user bound to cluster-admin, where Berth has just granted two devices."""
    granted = world.ask("room", kind="open")
    assert world.final_job(granted, CREATE).state == "succeeded"
    until(lambda: "default" in world.names("serviceaccounts", SPACE))
    return world.bed.client("tester")


def pod(name: str, *, devices: int) -> dict[str, Any]:
    """A pod in the pool that asks for devices."""
    asks = objects.container(**{"nvidia.com/gpu": str(devices)})
    return objects.pod(name, SPACE, **PINNED, containers=[asks])


def refused(tester: ApiClient, body: dict[str, Any]) -> str:
    """Why a pod is not taken."""
    with pytest.raises(ApiError) as caught:
        tester.create(PODS, body)
    assert caught.value.status == 403, caught.value
    return str(caught.value.body["message"])


def test_a_pod_beyond_the_granted_devices_is_refused_by_the_quota(
    world: World, tester: ApiClient
) -> None:
    assert "exceeded quota: berth" in refused(tester, pod("large", devices=3))
    for name in ("first", "second"):
        tester.create(PODS, pod(name, devices=1))
    words = refused(tester, pod("third", devices=1))
    assert "exceeded quota: berth" in words
    assert "used: requests.nvidia.com/gpu=2, limited: requests.nvidia.com/gpu=2" in words
    assert world.names("pods", SPACE) == {"first", "second"}


@pytest.mark.parametrize(
    ("collection", "make", "starter"),
    [
        ("batch/v1", lambda: objects.job("stray", SPACE, count=1, marks={}), "Job"),
        ("apps/v1", lambda: objects.deployment("stray", SPACE), "ReplicaSet"),
    ],
    ids=["job", "deployment"],
)
def test_what_would_run_outside_the_pool_starts_no_pod_and_says_why(
    world: World,
    tester: ApiClient,
    collection: str,
    make: Callable[[], dict[str, Any]],
    starter: str,
) -> None:
    body = make()
    body["spec"]["template"]["spec"] |= ELSEWHERE
    plural = f"{body['kind'].lower()}s"
    tester.create(f"/apis/{collection}/namespaces/{SPACE}/{plural}", body)

    def told() -> list[str]:
        events = tester.get(f"/api/v1/namespaces/{SPACE}/events")["items"]
        failed = [event for event in events if event["reason"] == "FailedCreate"]
        return [event["message"] for event in failed if event["involvedObject"]["kind"] == starter]

    assert f"run in the pool {POOL}" in until(told)[0]
    assert world.names("pods", SPACE) == set()


def test_a_pool_in_which_one_key_means_two_models_offers_no_open_capacity(bare: World) -> None:
    both = [MODELS["h100-sxm-80gb"], MODELS["l40s-48gb"]]
    terms = [{"key": "nvidia.com/gpu.product", "operator": "In", "values": both}]
    with system():
        Pool.objects.filter(name=POOL).update(selector=terms)
    with bare.watching():
        mirror_ready(bare.cluster, nodes=NODES)
        quota_give(amounts=AMOUNTS)
        made = bare.ask("mixed", kind="open")
        asked = bare.job(made, CREATE)
        assert asked is not None
        job_run(job_id=asked.pk)
        asked = bare.job(made, CREATE)
        assert asked is not None
        assert asked.state == "waiting"
        refusal = asked.reason["refusal"]
        assert (refusal["rule"], refusal["scope"]) == ("open.one-type", "bed")
        assert "Split the pool so that the key means one type" in refusal["next_step"]
        assert "Open capacity needs a resource key that means one device type" in bare.said(asked)
        assert SPACE not in bare.names("namespaces")
        assert bare.final_job(bare.ask("work"), CREATE).state == "succeeded"
