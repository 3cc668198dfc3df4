"""Plain objects for tests on the bed."""

from __future__ import annotations

from typing import Any

from inventory import labels

Object = dict[str, Any]
OWN = {labels.INSTALLATION: "test", labels.TENANT: "vision"}
ALLOCATION = OWN | {labels.ALLOCATION: "7"}
IMAGE = "registry.example/app:1"


def namespace(
    name: str, kind: str, *, pool: str = "", devices: str = "", taints: str = ""
) -> Object:
    """A namespace as Berth makes it."""
    marks = OWN | {labels.KIND: kind} | ({labels.POOL: pool} if pool else {})
    notes = {labels.DEVICES: devices, labels.TOLERATIONS: taints}
    meta = {"name": name, "labels": marks, "annotations": notes}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}


def container(**requests: str) -> Object:
    """One container; underscores in names of requests stay what they are."""
    asked = {"cpu": "100m", "memory": "64Mi"} | requests
    return {
        "name": "main",
        "image": IMAGE,
        "resources": {"requests": asked, "limits": {k: v for k, v in asked.items() if k != "cpu"}},
    }


def pod(name: str, space: str, **spec: Any) -> Object:
    """A bare pod."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": space},
        "spec": {"containers": [container()]} | spec,
    }


def template(marks: dict[str, str], **spec: Any) -> Object:
    """A pod template."""
    return {"metadata": {"labels": marks}, "spec": {"containers": [container()]} | spec}


def stateful_set(name: str, space: str, *, replicas: int = 2, marks: Object = ALLOCATION) -> Object:
    """A StatefulSet in the way of Berth's."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name, "namespace": space, "labels": marks},
        "spec": {
            "replicas": replicas,
            "serviceName": name,
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "OnDelete"},
            "selector": {"matchLabels": {labels.ALLOCATION: "7"}},
            "template": template(marks),
        },
    }


def job(name: str, space: str, *, count: int = 2, marks: Object = ALLOCATION) -> Object:
    """An Indexed Job in the way of Berth's."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": space, "labels": marks},
        "spec": {
            "completions": count,
            "parallelism": count,
            "completionMode": "Indexed",
            "podReplacementPolicy": "Failed",
            "template": template(marks, restartPolicy="Never"),
        },
    }


def deployment(name: str, space: str) -> Object:
    """A Deployment of one pod."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": space},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template({"app": name})},
    }
