"""A workload as the one object that Kubernetes keeps alive (design, section 7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from inventory import labels
from inventory.k8s.quantities import format_bytes, format_cpu_milli
from scheduling.manifests.owner import Owner

Object = dict[str, Any]
GRACE_SECONDS = 30
CONTAINER = "main"


@dataclass(frozen=True, slots=True)
class Workload:
    """Everything a manifest needs; amounts are per replica in base units."""

    name: str
    namespace: str
    owner: Owner
    job_id: int
    replicas: int
    image: str
    shape: dict[str, int]
    device_keys: dict[str, str]
    nodes: tuple[str, ...]
    tolerations: list[dict[str, Any]] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    args: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    ports: list[int] = field(default_factory=list)


def stateful_set(work: Workload) -> Object:
    """A service: all pods at once, and a changed template touches a pod only when it is deleted."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": _meta(work),
        "spec": {
            "replicas": work.replicas,
            "serviceName": work.name,
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "OnDelete"},
            "selector": {"matchLabels": {labels.ALLOCATION: str(work.owner.allocation_id)}},
            "template": _template(work, restart="Always"),
        },
    }


def indexed_job(work: Workload) -> Object:
    """A run to completion: one pod per index; a failed pod is replaced when it is really gone."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _meta(work),
        "spec": {
            "completions": work.replicas,
            "parallelism": work.replicas,
            "completionMode": "Indexed",
            "podReplacementPolicy": "Failed",
            "backoffLimit": 3,
            "template": _template(work, restart="Never"),
        },
    }


def affinity(nodes: tuple[str, ...]) -> Object:
    """One OR-ed term per node: `matchFields metadata.name` takes exactly one value."""
    terms = [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
        for node in nodes
    ]
    return {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}
        }
    }


def _meta(work: Workload) -> Object:
    marks = work.owner.labels() | {labels.JOB: str(work.job_id)}
    return {"name": work.name, "namespace": work.namespace, "labels": marks}


def _template(work: Workload, *, restart: str) -> Object:
    return {
        "metadata": {"labels": work.owner.labels()},
        "spec": {
            "restartPolicy": restart,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            "affinity": affinity(work.nodes),
            "tolerations": work.tolerations,
            "containers": [_container(work)],
        },
    }


def _container(work: Workload) -> Object:
    container: Object = {
        "name": CONTAINER,
        "image": work.image,
        "resources": _resources(work),
        "resizePolicy": [
            {"resourceName": "cpu", "restartPolicy": "NotRequired"},
            {"resourceName": "memory", "restartPolicy": "NotRequired"},
        ],
    }
    if work.command:
        container["command"] = work.command
    if work.args:
        container["args"] = work.args
    if work.env:
        container["env"] = [{"name": k, "value": v} for k, v in sorted(work.env.items())]
    if work.ports:
        container["ports"] = [
            {"name": f"port-{port}", "containerPort": port, "protocol": "TCP"}
            for port in work.ports
        ]
    return container


def _resources(work: Workload) -> Object:
    """Charged as asked: processor by request, memory with request and limit alike."""
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    for resource, amount in sorted(work.shape.items()):
        if not amount:
            continue
        if resource == "cpu":
            requests["cpu"] = format_cpu_milli(amount)
        elif resource == "memory":
            requests["memory"] = limits["memory"] = format_bytes(amount)
        else:
            key = work.device_keys[resource]
            requests[key] = limits[key] = str(amount)
    return {"requests": requests, "limits": limits}
