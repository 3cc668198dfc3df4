"""Pods of a bed do what a kubelet would have them do."""

import pytest

from deploy.testbed import Bed
from tests.bed.conftest import Pods, wait_until

pytestmark = [pytest.mark.bed, pytest.mark.timeout(3600)]


def test_a_pod_runs_is_ready_and_goes_when_deleted(pods: Pods) -> None:
    requests = {"cpu": "100m", "memory": "64Mi"}
    pods.create("plain", resources={"requests": requests})
    pod = pods.wait_for_phase("plain", "Running")
    conditions = {item["type"]: item["status"] for item in pod["status"]["conditions"]}
    assert conditions["Ready"] == "True"
    status = pod["status"]["containerStatuses"][0]
    assert status["allocatedResources"] == requests
    assert status["resources"]["requests"] == requests
    pods.client.delete(f"{pods.path}/plain")
    wait_until(pods.names, lambda names: "plain" not in names)


def test_devices_are_counted_by_the_scheduler(pods: Pods) -> None:
    for name, count in (("first", "8"), ("second", "8")):
        pods.create(name, resources={"limits": {"nvidia.com/gpu": count}})
    pod = pods.wait_for_phase("first", "Running")
    assert pod["spec"]["nodeName"] == "h100-1"
    pod = wait_until(lambda: pods.get("second"), lambda pod: "conditions" in pod["status"])
    assert pod["status"]["conditions"][0]["reason"] == "Unschedulable"
    assert "Insufficient nvidia.com/gpu" in pod["status"]["conditions"][0]["message"]


def test_an_image_that_cannot_be_pulled_and_its_repair(pods: Pods) -> None:
    pods.create("image", image="example.test/does-not-exist:1")
    pod = pods.wait_for_reason("image", "ImagePullBackOff")
    assert pod["status"]["phase"] == "Pending"
    containers = [{"name": "main", "image": "example.test/app:2"}]
    pods.client.request(
        "PATCH",
        f"{pods.path}/image",
        body={"spec": {"containers": containers}},
        content_type="application/strategic-merge-patch+json",
    )
    pods.wait_for_phase("image", "Running")


@pytest.mark.parametrize(
    ("command", "annotations", "phase", "code"),
    [
        (["sh", "-c", "sleep 1"], {}, "Succeeded", 0),
        (["sh", "-c", "sleep 1; exit 3"], {}, "Failed", 3),
        (["false"], {}, "Failed", 1),
        (["true"], {}, "Succeeded", 0),
        ([], {"testbed.berth.dev/run-seconds": "0"}, "Succeeded", 0),
        (
            ["serve"],
            {"testbed.berth.dev/run-seconds": "1", "testbed.berth.dev/exit-code": "7"},
            "Failed",
            7,
        ),
    ],
)
def test_a_pod_ends_as_its_command_or_its_annotations_say(
    pods: Pods, command: list[str], annotations: dict[str, str], phase: str, code: int
) -> None:
    pods.create("ends", restart="Never", command=command, annotations=annotations)
    pod = pods.wait_for_phase("ends", phase)
    assert pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == code


@pytest.mark.parametrize("command", ["sleep infinity", "while true; do sleep 1; done", "serve"])
def test_a_command_without_an_end_runs_on(pods: Pods, command: str) -> None:
    pods.create("stays", restart="Never", command=["sh", "-c", command])
    pods.create("ends", restart="Never", command=["sleep", "1"])
    pods.wait_for_phase("ends", "Succeeded")
    assert pods.get("stays")["status"]["phase"] == "Running"


def test_an_ending_command_under_restart_always_crashes_in_a_loop(pods: Pods) -> None:
    pods.create("crash", command=["sh", "-c", "exit 2"])
    pod = pods.wait_for_reason("crash", "CrashLoopBackOff")
    assert pod["status"]["phase"] == "Running"
    status = pod["status"]["containerStatuses"][0]
    assert status["lastState"]["terminated"]["exitCode"] == 2
    assert status["restartCount"] == 1
    assert status["ready"] is False


def test_faults_by_annotation_and_their_end(pods: Pods) -> None:
    key = "testbed.berth.dev/fault"
    for fault in ("not-ready", "stuck-starting", "stuck-terminating"):
        pods.create(fault, annotations={key: fault})
    pod = pods.wait_for_phase("not-ready", "Running")
    assert pod["status"]["containerStatuses"][0]["ready"] is False
    pods.wait_for_phase("stuck-terminating", "Running")
    pods.client.delete(f"{pods.path}/stuck-terminating")
    for fault in ("not-ready", "stuck-starting", "stuck-terminating"):
        pods.client.merge(f"{pods.path}/{fault}", {"metadata": {"annotations": {key: None}}})
    pods.wait_for_phase("stuck-starting", "Running")
    wait_until(
        lambda: pods.get("not-ready"),
        lambda pod: pod["status"]["containerStatuses"][0]["ready"] is True,
    )
    wait_until(pods.names, lambda names: "stuck-terminating" not in names)


def resize(pods: Pods, name: str, cpu: str) -> None:
    resources = {"requests": {"cpu": cpu, "memory": "64Mi"}}
    pods.client.request(
        "PATCH",
        f"{pods.path}/{name}/resize",
        body={"spec": {"containers": [{"name": "main", "resources": resources}]}},
        content_type="application/strategic-merge-patch+json",
    )


def test_a_resize_comes_into_force(pods: Pods) -> None:
    pods.create("grows", resources={"requests": {"cpu": "100m", "memory": "64Mi"}})
    pods.wait_for_phase("grows", "Running")
    resize(pods, "grows", "250m")
    pod = wait_until(
        lambda: pods.get("grows"),
        lambda pod: pod["status"]["containerStatuses"][0]["resources"]["requests"]["cpu"] == "250m",
    )
    types = {item["type"] for item in pod["status"]["conditions"]}
    assert not types & {"PodResizeInProgress", "PodResizePending"}
    if "generation" in pod["metadata"]:
        assert pod["status"]["observedGeneration"] == pod["metadata"]["generation"]


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        ("infeasible", "PodResizePending", "Infeasible"),
        ("deferred", "PodResizePending", "Deferred"),
        ("error", "PodResizeInProgress", "Error"),
        ("stuck", "PodResizeInProgress", ""),
    ],
)
def test_a_resize_that_does_not_come_about(pods: Pods, fault: str, kind: str, reason: str) -> None:
    key = "testbed.berth.dev/resize"
    pods.create(
        "held",
        annotations={key: fault},
        resources={"requests": {"cpu": "100m", "memory": "64Mi"}},
    )
    pods.wait_for_phase("held", "Running")
    resize(pods, "held", "250m")

    def reasons() -> dict[str, str]:
        conditions = pods.get("held")["status"]["conditions"]
        return {item["type"]: item.get("reason", "") for item in conditions}

    found = wait_until(reasons, lambda types: kind in types)
    assert found[kind] == reason
    status = pods.get("held")["status"]["containerStatuses"][0]
    assert status["resources"]["requests"]["cpu"] == "100m"
    pods.client.merge(f"{pods.path}/held", {"metadata": {"annotations": {key: None}}})
    wait_until(
        lambda: pods.get("held")["status"]["containerStatuses"][0],
        lambda status: status["resources"]["requests"]["cpu"] == "250m",
    )
    wait_until(reasons, lambda types: not {"PodResizeInProgress", "PodResizePending"} & set(types))


def test_a_job_replaces_a_deleted_pod_once_it_has_failed(bed: Bed, pods: Pods) -> None:
    """With podReplacementPolicy Failed the controller waits for the final phase of the old pod."""
    client = bed.client("tester")
    path = "/apis/batch/v1/namespaces/default/jobs"
    container = {"name": "main", "image": "example.test/app:1", "command": ["sleep", "infinity"]}
    spec = {
        "completions": 1,
        "completionMode": "Indexed",
        "podReplacementPolicy": "Failed",
        "template": {"spec": {"restartPolicy": "Never", "containers": [container]}},
    }
    body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "long"}, "spec": spec}
    client.create(path, body)
    (first,) = wait_until(pods.names, lambda names: len(names) == 1)
    pods.wait_for_phase(first, "Running")
    client.delete(f"{pods.path}/{first}")
    names = wait_until(pods.names, lambda names: bool(names) and first not in names)
    pods.wait_for_phase(names[0], "Running")
    client.delete(f"{path}/long", {"propagationPolicy": "Foreground"})
    wait_until(pods.names, lambda names: not names)
