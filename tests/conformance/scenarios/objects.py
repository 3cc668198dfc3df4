"""Bodies that scenarios send."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
IMAGE = "example.test/app:1"


def container(name: str = "main", **more: Any) -> Object:
    """One container."""
    return {"name": name, "image": IMAGE} | more


def pod(name: str, *, labels: dict[str, str] | None = None, **spec: Any) -> Object:
    """A bare pod."""
    meta: Object = {"name": name}
    if labels:
        meta["labels"] = labels
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"containers": [container()]} | spec,
    }


def config(name: str, data: dict[str, str] | None = None, **meta: Any) -> Object:
    """A ConfigMap."""
    body: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name} | meta}
    return body | ({"data": data} if data else {})


def stateful_set(name: str, *, replicas: int = 2, **spec: Any) -> Object:
    """A StatefulSet as Berth writes them."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "serviceName": name,
            "podManagementPolicy": "Parallel",
            "updateStrategy": {"type": "OnDelete"},
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container()]},
            },
        }
        | spec,
    }


def job(name: str, *, count: int = 2, command: list[str] | None = None, **spec: Any) -> Object:
    """An Indexed Job as Berth writes them."""
    main = container() | ({"command": command} if command else {})
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {
            "completions": count,
            "parallelism": count,
            "completionMode": "Indexed",
            "podReplacementPolicy": "Failed",
            "template": {"spec": {"restartPolicy": "Never", "containers": [main]}},
        }
        | spec,
    }


def quota(name: str, hard: dict[str, str], **spec: Any) -> Object:
    """A ResourceQuota."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": name},
        "spec": {"hard": hard} | spec,
    }


def limits(name: str, *items: Object) -> Object:
    """A LimitRange."""
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": name},
        "spec": {"limits": list(items)},
    }
