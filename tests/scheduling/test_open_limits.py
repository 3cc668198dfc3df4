"""What a tenant's own pods may leave out in an open namespace: nothing runs there uncharged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deploy.testbed import ApiClient, ApiError, Bed
from inventory import labels
from inventory.k8s.writer import Writer
from scheduling.manifests import namespace as manifests
from scheduling.manifests.owner import Owner
from scheduling.spec import Problems, shape_check
from simulator.bed import SimulatedBed
from tests.inventory.conftest import bed_client

pytestmark = pytest.mark.timeout(300)
SPACE, POOL = "berth-limits-cpu", "cpu"
PODS = f"/api/v1/namespaces/{SPACE}/pods"
OWNER = Owner("tests", "limits")
ROOM = {"cpu": 4000, "memory": 8 * 1024**3}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedBed]:
    """A simulator of fleet small."""
    bed = SimulatedBed(tmp_path_factory.mktemp("limits")).up()
    yield bed
    bed.down()


@pytest.fixture(scope="module", params=["simulated", pytest.param("real", marks=pytest.mark.bed)])
def tenant(request: pytest.FixtureRequest) -> Iterator[ApiClient]:
    """A plain user in a furnished open namespace, on the simulator and on a real API server."""
    name = "small_bed" if request.param == "real" else "simulated"
    place: Bed | SimulatedBed = request.getfixturevalue(name)
    berth = Writer(bed_client(place, "berth"))
    for body in objects():
        berth.create(body)
    tester = place.client("tester")
    wait(lambda: tester.get(f"/api/v1/namespaces/{SPACE}/serviceaccounts/default"))
    wait(lambda: quota(tester)["status"]["hard"]["requests.cpu"])
    wait(lambda: not made(tester, "early", {}, nodeName="elsewhere"))  # the policies act
    yield tester
    place.client("admin").delete(f"/api/v1/namespaces/{SPACE}")


def objects() -> list[dict[str, Any]]:
    """The namespace and what stands in it, as Berth writes them."""
    space = manifests.namespace(
        name=SPACE,
        owner=OWNER,
        kind=labels.KIND_OPEN,
        pool=POOL,
        device_keys=[],
        taint_keys=[],
    )
    hard = manifests.hard_of(amounts=ROOM, device_keys={}, known_keys=["nvidia.com/gpu"])
    furniture = manifests.furniture(
        namespace=SPACE, owner=OWNER, kind=labels.KIND_OPEN, subjects=[]
    )
    return [
        space,
        manifests.resource_quota(namespace=SPACE, owner=OWNER, hard=hard),
        next(found for found in furniture if found["kind"] == "LimitRange"),
    ]


def quota(client: ApiClient) -> Any:
    """The namespace's ResourceQuota."""
    return client.get(f"/api/v1/namespaces/{SPACE}/resourcequotas/berth")


def wait(check: Callable[[], Any], *, seconds: float = 30.0) -> None:
    """Until something is there."""
    end = time.monotonic() + seconds
    while True:
        try:
            if check():
                return
        except (ApiError, KeyError):
            pass
        assert time.monotonic() < end
        time.sleep(0.1)


def pod(name: str, *resources: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A tenant's pod with a container for each of `resources`."""
    containers = [
        {"name": f"c{place}", "image": "registry.example/a:1", "resources": each}
        for place, each in enumerate(resources)
    ]
    whole = {"nodeSelector": {labels.POOL: POOL}, "containers": containers} | spec
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": whole}


def made(client: ApiClient, name: str, *resources: dict[str, Any], **spec: Any) -> bool:
    """Whether a pod would be taken; nothing stays."""
    try:
        client.create(f"{PODS}?dryRun=All", pod(name, *resources, **spec))
    except ApiError as error:
        if error.status != 403:
            raise
        return False
    return True


def refused(client: ApiClient, body: dict[str, Any]) -> str:
    """Why a pod is not taken."""
    with pytest.raises(ApiError) as caught:
        client.create(f"{PODS}?dryRun=All", body)
    assert caught.value.status == 403, caught.value
    return str(caught.value.body["message"])


@pytest.mark.parametrize("shape", [{"cpu": 0, "memory": 2**30}, {"cpu": 1, "memory": 2**22 - 1}])
def test_a_replica_that_the_limits_would_keep_out_is_refused_when_it_is_asked_for(
    shape: dict[str, int],
) -> None:
    problems: Problems = {}
    shape_check(shape, {"cpu", "memory"}, problems)
    assert len(problems) == 1
    enough: Problems = {}
    shape_check({"cpu": 1, "memory": 2**22}, {"cpu", "memory"}, enough)
    assert enough == {}


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        (
            {"requests": {"cpu": "0", "memory": "0"}, "limits": {"memory": "0"}},
            "minimum memory usage per Container is 4Mi",
        ),
        (
            {"requests": {"cpu": "1m", "memory": "0"}, "limits": {"memory": "0"}},
            "minimum memory usage per Container is 4Mi",
        ),
        (
            {"requests": {"cpu": "0", "memory": "4Mi"}, "limits": {"memory": "4Mi"}},
            "minimum cpu usage per Container is 1m",
        ),
        (
            {"requests": {"cpu": "0"}, "limits": {"cpu": "0", "memory": "4Mi"}},
            "minimum cpu usage per Container is 1m",
        ),
    ],
)
def test_nothing_that_asks_for_nothing_is_taken(
    tenant: ApiClient, resources: dict[str, Any], words: str
) -> None:
    plain = {"requests": {"cpu": "1m", "memory": "4Mi"}, "limits": {"memory": "4Mi"}}
    assert words in refused(tenant, pod("one", resources))
    assert words in refused(tenant, pod("second", plain, resources))
    first = [{"name": "i", "image": "registry.example/a:1", "resources": resources}]
    assert words in refused(tenant, pod("init", plain, initContainers=first))


def test_what_says_nothing_is_charged_the_default_and_the_least_is_taken(
    tenant: ApiClient,
) -> None:
    found = tenant.create(f"{PODS}?dryRun=All", pod("silent", {}))
    assert found["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "100m", "memory": "256Mi"},
        "limits": {"memory": "256Mi"},
    }
    assert made(
        tenant,
        "least",
        {"requests": {"cpu": "1m", "memory": "4Mi"}, "limits": {"memory": "4Mi"}},
    )


def test_memory_is_not_charged_by_less_than_its_limit(tenant: ApiClient) -> None:
    burst = {"requests": {"cpu": "1m", "memory": "4Mi"}, "limits": {"memory": "9Gi"}}
    assert "exceeded quota: berth" in refused(tenant, pod("burst", burst))


def test_huge_pages_which_no_quota_counts_are_not_granted(tenant: ApiClient) -> None:
    amounts = {"memory": "64Mi", "hugepages-2Mi": "64Mi"}
    body = pod("huge", {"requests": {"cpu": "1m"} | amounts, "limits": amounts})
    assert "hugepages-2Mi" in refused(tenant, body)
