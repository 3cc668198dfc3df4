"""What is served: versions, groups, resources, and as much OpenAPI as kubectl asks for."""

from __future__ import annotations

from typing import Any

from simulator.api import answer, errors
from simulator.api.answer import PLAIN, Answer
from simulator.kinds.registry import (
    discovery,
    groups,
    kinds,
    unmodelled_groups,
    unmodelled_versions,
)
from simulator.objects import Object
from simulator.schema.types import schema_file

HEALTH = ("/readyz", "/livez", "/healthz")
SUBRESOURCE_GROUPS = ("policy", "autoscaling")
OPTIONS = ("dryRun", "fieldManager", "fieldValidation", "force", "pretty")


def discover(path: str, address: str) -> Answer | None:
    """The answer for a path of discovery, or None where it is no such path."""
    if path in HEALTH:
        return Answer(200, b"ok", PLAIN)
    path = path.rstrip("/") or "/"
    place = {"clientCIDR": "0.0.0.0/0", "serverAddress": address}
    fixed: dict[str, Object] = {
        "/": {"paths": _served()},
        "/version": schema_file()["version"],
        "/api": {
            "kind": "APIVersions",
            "versions": ["v1"],
            "serverAddressByClientCIDRs": [place],
        },
        "/apis": {
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": [_group(group) for group in groups()],
        },
        "/api/v1": _resources(""),
    }
    if path in fixed:
        return answer.of_plain(200, fixed[path])
    parts = path.strip("/").split("/")
    if parts[0] == "openapi":
        return _openapi(parts)
    if parts[0] == "apis" and len(parts) in (2, 3) and parts[1] in groups():
        return _of_group(parts[1:])
    return None


def nowhere(path: str) -> errors.StatusError:
    """The refusal of a path that nothing is served at: 501 where a real server has something."""
    place, _slash, version = path.strip("/").partition("/")
    foreign = unmodelled_versions() | unmodelled_groups()
    if place == "apis" and version in foreign:
        return errors.not_modelled(version)
    known = path.rstrip("/") in schema_file()["paths"]
    if known or path.startswith(tuple(f"{health}/" for health in HEALTH)):
        return errors.not_modelled(path)
    group = version.partition("/")[0]
    if place == "api" or (place == "apis" and group in {*groups(), *foreign}):
        return errors.no_resource()
    return errors.no_page()


def _served() -> list[str]:
    found = ["/api", "/api/v1", "/apis", "/openapi/v3", "/version", *HEALTH]
    for group in groups():
        found += [f"/apis/{group}", f"/apis/{group}/v1"]
    return sorted(found)


def _of_group(parts: list[str]) -> Answer | None:
    if len(parts) == 1:
        return answer.of_plain(200, {"kind": "APIGroup", "apiVersion": "v1"} | _group(parts[0]))
    return answer.of_plain(200, _resources(parts[0])) if parts[1] == "v1" else None


def _group(name: str) -> Object:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(group: str) -> Object:
    found: Object = {
        "kind": "APIResourceList",
        "groupVersion": f"{group}/v1" if group else "v1",
        "resources": discovery(group),
    }
    if group:
        found["apiVersion"] = "v1"
    return found


def _openapi(parts: list[str]) -> Answer | None:
    if parts[1:] == ["v3"]:
        paths = ["api/v1", *(f"apis/{group}/v1" for group in groups())]
        found = {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash=simulator"} for path in paths
        }
        return answer.of_plain(200, {"paths": found})
    if parts[1:2] == ["v3"] and len(parts) > 3:
        group = parts[3] if parts[2] == "apis" else ""
        if group in ("", *groups()):
            return answer.of_plain(200, _document(group))
    return None


def _document(group: str) -> Object:
    """Paths with the options of a patch: how kubectl learns that the server checks fields."""
    paths: dict[str, Any] = {}
    for (of, resource), kind in kinds().items():
        if of != group:
            continue
        base = f"/apis/{group}/v1" if group else "/api/v1"
        inside = "/namespaces/{namespace}" if kind.namespaced else ""
        paths[f"{base}{inside}/{resource}/{{name}}"] = {
            "patch": {
                "parameters": [
                    {"name": name, "in": "query", "schema": {"type": "string"}} for name in OPTIONS
                ],
                "x-kubernetes-group-version-kind": {
                    "group": group,
                    "kind": kind.name,
                    "version": "v1",
                },
            }
        }
    info = {"title": "Kubernetes", "version": schema_file()["version"]["gitVersion"]}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": {}}}


def is_open(path: str) -> bool:
    """Paths that everybody may read."""
    return path in HEALTH
