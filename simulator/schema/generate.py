"""Write kinds.json from a real API server: python -m simulator.schema.generate BED

Facts of Kubernetes' own OpenAPI and discovery, without the prose: which fields a kind has, how
lists merge, which names it goes by. Everything typed here (server-side apply, strategic merge,
unknown fields) is read from it, so that nothing is copied by hand.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from deploy.testbed import ApiClient, open_bed

OUT = Path(__file__).parent / "kinds.json"
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
GROUPS: dict[str, set[str]] = {
    "": {
        "bindings", "configmaps", "events", "limitranges", "namespaces", "nodes", "pods",
        "resourcequotas", "secrets", "serviceaccounts",
    },
    "apps": {"controllerrevisions", "deployments", "replicasets", "statefulsets"},
    "batch": {"jobs"},
    "networking.k8s.io": {"networkpolicies"},
    "rbac.authorization.k8s.io": {
        "clusterrolebindings", "clusterroles", "rolebindings", "roles",
    },
    "admissionregistration.k8s.io": {
        "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
        "validatingadmissionpolicies", "validatingadmissionpolicybindings",
    },
    "scheduling.k8s.io": {"priorityclasses"},
    "authentication.k8s.io": {"selfsubjectreviews"},
    "authorization.k8s.io": {
        "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews",
    },
}  # fmt: skip
PARTS = {
    "namespaces/finalize", "namespaces/status", "nodes/status", "pods/binding",
    "pods/ephemeralcontainers", "pods/eviction", "pods/resize", "pods/status",
    "resourcequotas/status", "serviceaccounts/token", "statefulsets/scale", "statefulsets/status",
    "deployments/scale", "deployments/status", "replicasets/scale", "replicasets/status",
    "jobs/status", "validatingadmissionpolicies/status",
}  # fmt: skip
EXTRA_TYPES = (
    "io.k8s.api.core.v1.Binding", "io.k8s.api.policy.v1.Eviction",
    "io.k8s.api.autoscaling.v1.Scale", "io.k8s.api.authentication.v1.TokenRequest",
    META + "DeleteOptions",
)  # fmt: skip


def _field(raw: dict[str, Any]) -> dict[str, Any]:
    """One field: t(ype), ref, items, values, list kind and keys, patch rules."""
    out: dict[str, Any] = {}
    raw = raw | {k: v for one in raw.get("allOf", ()) for k, v in one.items()}
    if "$ref" in raw:
        name = raw["$ref"].rpartition("/")[2]
        out["ref"] = name
    elif raw.get("type") == "array":
        out["items"] = _field(raw["items"])
    elif "additionalProperties" in raw:
        out["values"] = _field(raw["additionalProperties"])
    elif raw.get("type"):
        kind = raw["type"]
        named = {"date-time": "time", "byte": "bytes", "int64": "int64"}
        out["t"] = named.get(raw.get("format", ""), kind)
    for short, name in (
        ("list", "x-kubernetes-list-type"),
        ("keys", "x-kubernetes-list-map-keys"),
        ("mkey", "x-kubernetes-patch-merge-key"),
        ("strategy", "x-kubernetes-patch-strategy"),
        ("map", "x-kubernetes-map-type"),
    ):
        if name in raw:
            out[short] = raw[name]
    if raw.get("default") == {}:
        out["val"] = True  # a struct in a struct: there even where nobody wrote it
    return out


def _types(documents: list[dict[str, Any]], roots: list[str]) -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    for document in documents:
        schemas |= document["components"]["schemas"]
    found: dict[str, Any] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or name not in schemas:
            continue
        raw = schemas[name]
        if name in (QUANTITY, INT_OR_STRING) or "properties" not in raw:
            kinds = {QUANTITY: "quantity", INT_OR_STRING: "intstr", META + "Time": "time"}
            fallback = {META + "MicroTime": "microtime", META + "FieldsV1": "any"}
            found[name] = {"t": (kinds | fallback).get(name, "any")}
            continue
        fields = {key: _field(value) for key, value in raw["properties"].items()}
        for key in raw.get("required", ()):
            if "items" in fields[key]:
                fields[key]["val"] = True
        found[name] = {"fields": fields}
        if raw.get("x-kubernetes-map-type") == "atomic":
            found[name]["map"] = "atomic"
        waiting += _refs(list(fields.values()))
    return dict(sorted(found.items()))


def _refs(fields: list[dict[str, Any]]) -> list[str]:
    names = []
    for field in fields:
        while "items" in field or "values" in field:
            field = field.get("items") or field["values"]
        if "ref" in field:
            names.append(field["ref"])
    return names


def _resources(client: ApiClient, group: str) -> list[dict[str, Any]]:
    path = f"/apis/{group}/v1" if group else "/api/v1"
    wanted = []
    for item in client.get(path)["resources"]:
        if item["name"] in GROUPS[group] or item["name"] in PARTS:
            wanted.append(item)
    return wanted


def _others(client: ApiClient) -> dict[str, list[dict[str, Any]]]:
    """What is served and not modelled, by group and version: refused by name."""
    versions = {"": ["v1"]}
    for group in client.get("/apis")["groups"]:
        versions[group["name"]] = [version["version"] for version in group["versions"]]
    found: dict[str, list[dict[str, Any]]] = {}
    for group in sorted(versions):
        for version in versions[group]:
            path = f"/apis/{group}/{version}" if group else f"/api/{version}"
            known = GROUPS.get(group, set()) | PARTS if version == "v1" else set()
            found[f"{group}/{version}".lstrip("/")] = [
                {name: item[name] for name in ("kind", "name", "namespaced")}
                for item in client.get(path)["resources"]
                if item["name"] not in known
            ]
    return {key: items for key, items in found.items() if items}


def _paths(client: ApiClient) -> list[str]:
    """Every path that is served and is no resource; single health checks go by their parent."""
    paths: list[str] = client.get("/")["paths"]
    health = ("/healthz/", "/livez/", "/readyz/", "/api")
    return [path for path in paths if not path.startswith(health)]


def _root_names(documents: list[dict[str, Any]], kinds: set[tuple[str, str]]) -> list[str]:
    names = list(EXTRA_TYPES)
    for document in documents:
        for name, schema in document["components"]["schemas"].items():
            for kind in schema.get("x-kubernetes-group-version-kind", ()):
                if (kind["group"], kind["kind"]) in kinds and kind["version"] == "v1":
                    names.append(name)
    return names


def main(arguments: list[str]) -> None:
    """Read everything from the bed of that name and write the file."""
    client = open_bed(name=arguments[0]).client("admin")
    resources = {group: _resources(client, group) for group in GROUPS}
    paths = [f"/openapi/v3/apis/{g}/v1" if g else "/openapi/v3/api/v1" for g in GROUPS]
    documents = [client.get(path) for path in [*paths, "/openapi/v3/apis/policy/v1"]]
    documents.append(client.get("/openapi/v3/apis/autoscaling/v1"))
    kinds = {
        (group, item["kind"])
        for group, items in resources.items()
        for item in items
        if "/" not in item["name"]
    }
    roots = sorted(set(_root_names(documents, kinds)))
    content = {
        "version": client.get("/version"),
        "resources": resources,
        "others": _others(client),
        "paths": _paths(client),
        "types": _types(documents, roots),
        "roots": {name.rpartition(".")[2]: name for name in roots},
    }
    lines = json.dumps(content, indent=None, separators=(",", ":"), sort_keys=True)
    OUT.write_text(lines.replace('},"io.k8s.', '},\n"io.k8s.') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
