"""The shipped admission policies, tried by a plain user bound to cluster-admin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deploy.testbed import ApiClient, ApiError, Bed
from inventory import labels
from inventory.k8s.errors import PolicyRefused
from inventory.k8s.paths import ObjectRef
from inventory.k8s.writer import Writer
from tests.inventory import objects
from tests.inventory.conftest import bed_client, wait_until

pytestmark = [pytest.mark.bed, pytest.mark.timeout(600)]
MANAGED = "berth-vision"
OPEN = "berth-vision-gpu"
POOL = "gpu"
NODE = "h100-1"
PODS = f"/api/v1/namespaces/{MANAGED}/pods"
OPEN_PODS = f"/api/v1/namespaces/{OPEN}/pods"
Refused = Callable[..., str]


@pytest.fixture(scope="module")
def berth(bed: Bed) -> Writer:
    """Berth's own account."""
    return Writer(bed_client(bed, "berth"))


@pytest.fixture(scope="module")
def tester(bed: Bed) -> ApiClient:
    """A plain user bound to cluster-admin."""
    return bed.client("tester")


@pytest.fixture(scope="module", autouse=True)
def _spaces(bed: Bed, berth: Writer, tester: ApiClient) -> Iterator[None]:
    """A managed and an open namespace with a workload of Berth's, and a labelled node."""
    patch = {"metadata": {"labels": {labels.POOL: POOL}}}
    berth.patch_merge(ObjectRef("Node", NODE), patch)
    berth.create(objects.namespace(MANAGED, labels.KIND_MANAGED))
    berth.create(
        objects.namespace(
            OPEN, labels.KIND_OPEN, pool=POOL, devices="nvidia.com/gpu", taints="team/gpu"
        )
    )
    for name in (MANAGED, OPEN):
        path = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        wait_until(lambda path=path: _there(tester, path))
    wait_until(lambda: _is_refused(tester, PODS, objects.pod("early", MANAGED)))
    wait_until(lambda: _is_refused(tester, OPEN_PODS, objects.pod("early", OPEN, nodeName=NODE)))
    berth.create(objects.stateful_set("work", MANAGED))
    yield
    for name in (MANAGED, OPEN):
        bed.client("admin").delete(f"/api/v1/namespaces/{name}")


def _there(client: ApiClient, path: str) -> bool:
    try:
        client.get(path)
    except ApiError:
        return False
    return True


def _is_refused(client: ApiClient, path: str, body: Any) -> bool:
    """Policies take a moment to act after they are installed."""
    try:
        client.create(f"{path}?dryRun=All", body)
    except ApiError as error:
        return "berth" in str(error.body)
    return False


@pytest.fixture
def refused(tester: ApiClient) -> Refused:
    """Send something as tester, and give the policy's words; anything but its refusal fails."""

    def send(method: str, path: str, body: Any = None, **more: Any) -> str:
        with pytest.raises(ApiError) as caught:
            tester.request(method, path, body=body, **more)
        assert caught.value.status == 403, caught.value
        message = str(caught.value.body["message"])
        assert "ValidatingAdmissionPolicy 'berth-" in message
        return message

    return send


def _running(client: ApiClient, path: str = PODS) -> list[dict[str, Any]]:
    items = client.get(path)["items"]
    return [item for item in items if item["status"].get("phase") in {"Running", "Succeeded"}]


def test_the_stateful_set_controller_starts_berths_pods(tester: ApiClient) -> None:
    pods = wait_until(lambda: _running(tester), lambda found: len(found) == 2)
    assert {p["metadata"]["labels"][labels.ALLOCATION] for p in pods} == {"7"}


def test_the_job_controller_starts_berths_pods(berth: Writer, tester: ApiClient) -> None:
    berth.create(objects.job("run", MANAGED))
    path = f"/apis/batch/v1/namespaces/{MANAGED}/jobs/run"
    wait_until(lambda: tester.get(path)["status"].get("succeeded", 0), lambda n: n == 2)
    found = berth.get(ObjectRef("Job", "run", MANAGED))
    assert found is not None
    berth.delete(ObjectRef("Job", "run", MANAGED), uid=found["metadata"]["uid"])
    wait_until(lambda: [p for p in _running(tester) if "run" in p["metadata"]["name"]], _empty)


def _empty(found: list[Any]) -> bool:
    return not found


def test_a_pod_that_was_lost_comes_back(berth: Writer, tester: ApiClient) -> None:
    before = wait_until(lambda: _running(tester), lambda found: len(found) == 2)[0]["metadata"]
    berth.delete(ObjectRef("Pod", before["name"], MANAGED), uid=before["uid"])
    after = wait_until(lambda: _running(tester), lambda f: _has_new(f, before))
    assert len(after) == 2


def _has_new(pods: list[dict[str, Any]], before: dict[str, Any]) -> bool:
    uids = {pod["metadata"]["uid"] for pod in pods}
    return len(pods) == 2 and before["uid"] not in uids


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PODS, objects.pod("own", MANAGED)),
        (f"/apis/apps/v1/namespaces/{MANAGED}/deployments", objects.deployment("d", MANAGED)),
        (f"/apis/apps/v1/namespaces/{MANAGED}/statefulsets", objects.stateful_set("s", MANAGED)),
        (f"/apis/batch/v1/namespaces/{MANAGED}/jobs", objects.job("j", MANAGED)),
        (
            f"/apis/batch/v1/namespaces/{MANAGED}/cronjobs",
            {
                "apiVersion": "batch/v1",
                "kind": "CronJob",
                "metadata": {"name": "c", "namespace": MANAGED},
                "spec": {
                    "schedule": "* * * * *",
                    "jobTemplate": {"spec": objects.job("x", MANAGED)["spec"]},
                },
            },
        ),
        (
            f"/apis/apps/v1/namespaces/{MANAGED}/replicasets",
            objects.deployment("r", MANAGED) | {"kind": "ReplicaSet"},
        ),
        (
            f"/apis/apps/v1/namespaces/{MANAGED}/daemonsets",
            objects.deployment("ds", MANAGED) | {"kind": "DaemonSet"},
        ),
        (
            f"/api/v1/namespaces/{MANAGED}/podtemplates",
            {
                "apiVersion": "v1",
                "kind": "PodTemplate",
                "metadata": {"name": "t", "namespace": MANAGED},
                "template": objects.template({"a": "b"}),
            },
        ),
    ],
    ids=[
        "pod",
        "deployment",
        "statefulset",
        "job",
        "cronjob",
        "replicaset",
        "daemonset",
        "template",
    ],
)
def test_nobody_else_starts_anything_in_a_managed_namespace(
    refused: Refused, path: str, body: Any
) -> None:
    assert "managed by Berth" in refused("POST", path, body)


def test_a_pod_that_claims_to_be_a_stateful_sets_is_refused(
    refused: Refused, tester: ApiClient
) -> None:
    owner = tester.get(f"/apis/apps/v1/namespaces/{MANAGED}/statefulsets/work")["metadata"]
    fake = objects.pod("work-9", MANAGED)
    fake["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "name": "work",
            "uid": owner["uid"],
            "controller": True,
        }
    ]
    refused("POST", PODS, fake)


def _binding(name: str, space: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": name, "namespace": space},
        "target": {"apiVersion": "v1", "kind": "Node", "name": NODE},
    }


@pytest.mark.parametrize("space", [MANAGED, OPEN])
@pytest.mark.parametrize("way", ["pods/any/binding", "bindings"])
def test_nobody_but_the_scheduler_places_a_pod(refused: Refused, space: str, way: str) -> None:
    path = f"/api/v1/namespaces/{space}/{way}"
    assert "only the scheduler" in refused("POST", path, _binding("any", space))


def test_an_ephemeral_container_in_berths_pod_is_refused(
    refused: Refused, tester: ApiClient
) -> None:
    name = wait_until(lambda: _running(tester))[0]["metadata"]["name"]
    found = tester.get(f"{PODS}/{name}")
    found["spec"]["ephemeralContainers"] = [{"name": "debug", "image": objects.IMAGE}]
    refused("PUT", f"{PODS}/{name}/ephemeralcontainers", found)


@pytest.mark.parametrize(
    ("path", "patch"),
    [
        (f"/apis/apps/v1/namespaces/{MANAGED}/statefulsets/work", {"spec": {"replicas": 9}}),
        (f"/apis/apps/v1/namespaces/{MANAGED}/statefulsets/work/scale", {"spec": {"replicas": 9}}),
        (
            f"/apis/apps/v1/namespaces/{MANAGED}/statefulsets/work",
            {"metadata": {"labels": {labels.INSTALLATION: None}}},
        ),
        (f"/api/v1/namespaces/{MANAGED}", {"metadata": {"labels": {labels.KIND: "open"}}}),
        (f"/api/v1/namespaces/{OPEN}", {"metadata": {"labels": {labels.POOL: "other"}}}),
        (f"/api/v1/namespaces/{OPEN}", {"metadata": {"labels": {labels.TENANT: None}}}),
        (f"/api/v1/namespaces/{OPEN}", {"metadata": {"annotations": {labels.DEVICES: "a/b"}}}),
        ("/api/v1/namespaces/default", {"metadata": {"labels": {labels.KIND: "open"}}}),
    ],
    ids=["spec", "scale", "disown", "kind", "pool", "tenant", "devices", "foreign"],
)
def test_what_berth_set_is_not_changed_by_others(refused: Refused, path: str, patch: Any) -> None:
    refused("PATCH", path, patch, content_type="application/merge-patch+json")


@pytest.mark.parametrize(
    "path",
    [f"/apis/apps/v1/namespaces/{MANAGED}/statefulsets/work", f"/api/v1/namespaces/{OPEN}"],
)
def test_what_berth_made_is_not_deleted_by_others(refused: Refused, path: str) -> None:
    assert "was made by Berth" in refused("DELETE", path)


def test_other_labels_of_a_namespace_are_free(tester: ApiClient) -> None:
    done = tester.merge(f"/api/v1/namespaces/{OPEN}", {"metadata": {"labels": {"team": "a"}}})
    assert done["metadata"]["labels"]["team"] == "a"


def test_a_drain_still_works(tester: ApiClient) -> None:
    name = wait_until(lambda: _running(tester), lambda f: len(f) == 2)[0]["metadata"]["name"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": MANAGED},
    }
    tester.create(f"{PODS}/{name}/eviction", eviction)
    wait_until(lambda: _running(tester), lambda found: len(found) == 2)


PINNED = {"nodeSelector": {labels.POOL: POOL}}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"nodeSelector": {labels.POOL: "other"}}, "run in the pool gpu"),
        (PINNED | {"nodeName": NODE}, "leave spec.nodeName empty"),
        (PINNED | {"tolerations": [{"operator": "Exists"}]}, "tolerate only"),
        (
            PINNED | {"tolerations": [{"key": "node.kubernetes.io/unschedulable"}]},
            "tolerate only",
        ),
        (PINNED | {"tolerations": [{"key": "other", "operator": "Exists"}]}, "tolerate only"),
        (
            PINNED | {"containers": [objects.container(**{"example.com/fpga": "1"})]},
            "was not granted example.com/fpga",
        ),
        (
            PINNED
            | {
                "initContainers": [
                    objects.container(**{"deviceclass.resource.kubernetes.io/gpu": "1"})
                    | {"name": "first"}
                ]
            },
            "was not granted",
        ),
        (PINNED | {"resourceClaims": [{"name": "g", "resourceClaimName": "g"}]}, "resource name"),
        (PINNED | {"priorityClassName": "system-node-critical"}, "priority classes"),
    ],
    ids=["pool", "node", "all", "cordoned", "taint", "device", "init", "claim", "priority"],
)
def test_a_pod_in_an_open_namespace_stays_in_its_pool(
    refused: Refused, spec: Any, words: str
) -> None:
    assert words in refused("POST", OPEN_PODS, objects.pod("bad", OPEN, **spec))


def test_a_pod_can_not_call_itself_berths(refused: Refused) -> None:
    fake = objects.pod("fake", OPEN, **PINNED)
    fake["metadata"]["labels"] = {labels.ALLOCATION: "7"}
    assert "Berth's own" in refused("POST", OPEN_PODS, fake)


def test_a_resource_claim_is_refused_in_both(refused: Refused) -> None:
    claim = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": "g"},
        "spec": {"devices": {"requests": [{"name": "g", "exactly": {"deviceClassName": "gpu"}}]}},
    }
    for space in (MANAGED, OPEN):
        refused("POST", f"/apis/resource.k8s.io/v1/namespaces/{space}/resourceclaims", claim)


def test_a_good_pod_in_an_open_namespace_runs_in_its_pool(tester: ApiClient) -> None:
    asked = objects.container(**{"nvidia.com/gpu": "1"})
    tester.create(OPEN_PODS, objects.pod("good", OPEN, **PINNED, containers=[asked]))
    found = wait_until(lambda: _running(tester, OPEN_PODS))
    assert found[0]["spec"]["nodeName"] == NODE
    body = tester.get(f"{OPEN_PODS}/good")
    body["spec"]["ephemeralContainers"] = [{"name": "debug", "image": objects.IMAGE}]
    tester.request("PUT", f"{OPEN_PODS}/good/ephemeralcontainers", body=body)


def test_a_deployment_in_an_open_namespace_can_not_leave_the_pool(tester: ApiClient) -> None:
    body = objects.deployment("stray", OPEN)
    body["spec"]["template"]["spec"] |= PINNED | {"tolerations": [{"operator": "Exists"}]}
    path = f"/apis/apps/v1/namespaces/{OPEN}/deployments"
    tester.create(path, body)
    found = wait_until(lambda: _replica_failure(tester), bool)
    assert "tolerate only" in found
    tester.delete(f"{path}/stray")


def _replica_failure(tester: ApiClient) -> str:
    items = tester.get(f"/apis/apps/v1/namespaces/{OPEN}/replicasets")["items"]
    conditions = [c for item in items for c in item["status"].get("conditions", [])]
    return next((c["message"] for c in conditions if c["type"] == "ReplicaFailure"), "")


def test_a_plain_pod_is_pinned_where_the_cluster_can_do_it(bed: Bed, tester: ApiClient) -> None:
    kinds = tester.get("/apis/admissionregistration.k8s.io/v1")["resources"]
    if not any(kind["kind"] == "MutatingAdmissionPolicy" for kind in kinds):
        pytest.skip("this server mutates no pods: tenants write the selector themselves")
    made = tester.create(OPEN_PODS, objects.pod("plain", OPEN))
    assert made["spec"]["nodeSelector"] == {labels.POOL: POOL}
    keys = {t.get("key") for t in made["spec"]["tolerations"]}
    assert "team/gpu" in keys


def test_berth_itself_can_not_touch_other_namespaces(berth: Writer) -> None:
    for obj in (objects.stateful_set("theft", "default"), objects.job("theft", "kube-system")):
        with pytest.raises(PolicyRefused) as caught:
            berth.create(obj)
        assert caught.value.facts == {"policy": "berth-account"}


def test_berth_itself_changes_nothing_else_on_nodes(berth: Writer) -> None:
    for patch in ({"spec": {"unschedulable": True}}, {"metadata": {"labels": {"a": "b"}}}):
        with pytest.raises(PolicyRefused):
            berth.patch_merge(ObjectRef("Node", NODE), patch)
