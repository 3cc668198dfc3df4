"""From JSON to records: what counts for a pod, what is kept, and what is odd."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from inventory.k8s.kinds import KINDS
from inventory.k8s.pod_wire import PodSpec, PodStatus, pod_requests
from inventory.k8s.project import spec_digest
from inventory.k8s.records import NodeRecord, PodRecord, WorkloadRecord


def counted(spec: dict[str, Any], status: dict[str, Any] | None = None) -> dict[str, int]:
    return pod_requests(msgspec.convert(spec, PodSpec), msgspec.convert(status or {}, PodStatus))


def box(name: str = "a", *, always: bool = False, **requests: str) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "resources": {"requests": requests}}
    return found | ({"restartPolicy": "Always"} if always else {})


@pytest.mark.parametrize(
    ("spec", "cpu_milli"),
    [
        ({"containers": [box(cpu="1"), box("b", cpu="500m")]}, 1500),
        ({"containers": [box(cpu="1")], "initContainers": [box("i", cpu="3")]}, 3000),
        ({"containers": [box(cpu="1")], "initContainers": [box("i", cpu="500m")]}, 1000),
        ({"containers": [box(cpu="1")], "initContainers": [box("s", always=True, cpu="1")]}, 2000),
        (
            {
                "containers": [box(cpu="1")],
                "initContainers": [box("s", always=True, cpu="1"), box("i", cpu="2")],
            },
            3000,
        ),
        (
            {
                "containers": [box(cpu="1")],
                "initContainers": [box("i", cpu="2"), box("s", always=True, cpu="1")],
            },
            2000,
        ),
        ({"containers": [box(cpu="1")], "overhead": {"cpu": "250m"}}, 1250),
        ({"containers": [box(cpu="1")], "resources": {"requests": {"cpu": "4"}}}, 4000),
        ({"containers": None}, 0),
    ],
)
def test_a_pod_counts_as_the_scheduler_counts_it(spec: dict[str, Any], cpu_milli: int) -> None:
    assert counted(spec).get("cpu", 0) == cpu_milli


def test_a_resize_under_way_counts_the_larger_side() -> None:
    status = {"containerStatuses": [{"name": "a", "resources": {"requests": {"cpu": "4"}}}]}
    assert counted({"containers": [box(cpu="1")]}, status) == {"cpu": 4000}
    assert counted({"containers": [box(cpu="6")]}, status) == {"cpu": 6000}


def test_a_resize_that_was_refused_counts_what_is_held() -> None:
    status = {
        "conditions": [{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}],
        "containerStatuses": [{"name": "a", "resources": {"requests": {"cpu": "2"}}}],
    }
    assert counted({"containers": [box(cpu="90")]}, status) == {"cpu": 2000}


def decoded(kind: str, obj: dict[str, Any]) -> Any:
    return KINDS[kind].record(msgspec.json.encode(obj))


META = {"uid": "u", "name": "n", "namespace": "s", "resourceVersion": "5"}


def test_nulls_where_lists_should_be_are_nothing() -> None:
    empty = {"spec": {"taints": None}, "status": {"conditions": None, "allocatable": None}}
    node = decoded("nodes", {"metadata": META | {"labels": None}} | empty)
    assert isinstance(node, NodeRecord)
    assert (node.taints, node.conditions, node.allocatable, node.ready) == ([], [], {}, False)


def test_a_beat_of_the_heart_changes_nothing() -> None:
    def node(beat: str) -> Any:
        ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": beat}
        return decoded("nodes", {"metadata": META, "status": {"conditions": [ready]}})

    assert node("2026-01-01T00:00:00Z") == node("2026-01-01T00:05:00Z")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"phase": "Running"}, ""),
        (
            {
                "containerStatuses": [
                    {"name": "a", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
                ]
            },
            "ImagePullBackOff",
        ),
        (
            {
                "containerStatuses": [
                    {"name": "a", "state": {"waiting": {"reason": "PodInitializing"}}}
                ]
            },
            "",
        ),
        (
            {
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
                ]
            },
            "Unschedulable",
        ),
        ({"reason": "Evicted", "message": "disk"}, "Evicted"),
        (
            {
                "phase": "Failed",
                "containerStatuses": [
                    {"name": "a", "state": {"terminated": {"exitCode": 3, "reason": "Error"}}}
                ],
            },
            "Error",
        ),
    ],
)
def test_a_pod_says_what_is_wrong_with_it(status: dict[str, Any], reason: str) -> None:
    pod = decoded("pods", {"metadata": META, "status": status})
    assert isinstance(pod, PodRecord)
    assert pod.reason == reason


def test_a_tenants_own_labels_are_not_kept() -> None:
    labels = {"berth.dev/allocation": "7", "password": "hunter2"}
    pod = decoded("pods", {"metadata": META | {"labels": labels}})
    assert pod.labels == {"berth.dev/allocation": "7"}
    assert pod.holder == "7"


def test_who_wrote_a_workload_is_kept_with_the_fields() -> None:
    managed = [
        {
            "manager": "kubectl-edit",
            "operation": "Update",
            "fieldsV1": {"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {}}}},
        }
    ]
    found = decoded("statefulsets", {"metadata": META | {"managedFields": managed}, "spec": {}})
    assert isinstance(found, WorkloadRecord)
    assert found.managers[0]["fields"] == ["spec.replicas", "spec.template"]


def test_a_digest_does_not_depend_on_order() -> None:
    assert spec_digest({"a": 1, "b": {"c": 2, "d": 3}}) == spec_digest(
        {"b": {"d": 3, "c": 2}, "a": 1}
    )
    assert spec_digest({"a": 1}) != spec_digest({"a": 2})


def test_nul_characters_are_left_out_and_nothing_else() -> None:
    line = (
        rb'{"type":"ADDED","object":{"metadata":{"uid":"u","name":"n","resourceVersion":"5"},'
        rb'"status":{"reason":"R","message":"a\u0000b\\u0000c"}}}'
    )
    record = KINDS["pods"].event(line).record
    assert isinstance(record, PodRecord)
    assert record.message == r"ab\u0000c"


def test_one_unreadable_object_does_not_hide_the_others() -> None:
    body = msgspec.json.encode(
        {
            "metadata": {"resourceVersion": "9", "continue": ""},
            "items": [
                {"metadata": META},
                {"metadata": 3},
                {"metadata": META | {"uid": "odd"}, "spec": 3},
                {"metadata": META | {"uid": "v"}},
            ],
        }
    )
    page = KINDS["pods"].page(body)
    assert [record.uid for record in page.records] == ["u", "v"]
    assert page.unreadable == ["", "odd"]


def test_an_unreadable_object_that_is_deleted_is_gone() -> None:
    line = b'{"type":"%b","object":{"metadata":{"uid":%b,"resourceVersion":"5"},"spec":3}}'
    event = KINDS["pods"].event(line % (b"DELETED", b'"odd"'))
    assert (event.type, event.uid, event.resource_version) == ("DELETED", "odd", "5")
    assert KINDS["pods"].event(line % (b"DELETED", b"7")).type == "UNREADABLE"
    assert KINDS["pods"].event(line % (b"MODIFIED", b'"odd"')).uid == ""
