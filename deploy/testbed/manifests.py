"""Applies the manifests that Berth ships (deploy/kubernetes/) to a bed, or a stand-in for them."""

from pathlib import Path
from typing import Any

import yaml

from deploy.testbed.client import APPLY_PATCH, ApiClient
from deploy.testbed.errors import ApiError, BedError

NAMESPACE = "berth-system"
SERVICE_ACCOUNT = "berth"
FIELD_MANAGER = "berth-testbed"
NOT_FOUND = 404
# What others need to exist first; everything else keeps the order of the files.
FIRST_KINDS = ("Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "Role")

Manifest = dict[str, Any]


def load_manifests(directory: Path) -> list[Manifest]:
    """Return the objects of every YAML file below `directory`, those needed first in front.

    Where no file has Berth's namespace or ServiceAccount, bare ones are put in, bound to nothing.
    """
    found: list[Manifest] = []
    for path in sorted([*directory.rglob("*.yaml"), *directory.rglob("*.yml")]):
        try:
            documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except yaml.YAMLError as error:
            raise BedError(f"{path} is not YAML: {error}") from error
        found += [document for document in documents if _is_object(document)]
    shipped = {(item["kind"], item["metadata"]["name"]) for item in found}
    found += [
        item for item in _stand_in() if (item["kind"], item["metadata"]["name"]) not in shipped
    ]
    return sorted(found, key=_rank)


def apply_manifests(client: ApiClient, manifests: list[Manifest]) -> list[str]:
    """Server-side apply each object; returns a sentence for each one the server does not know.

    An older server lacks some kinds (MutatingAdmissionPolicy before 1.36): that is a fact about
    the version under test, not a fault of the bed.
    """
    skipped = []
    known: dict[str, dict[str, Manifest]] = {}
    for manifest in manifests:
        group = str(manifest["apiVersion"])
        if group not in known:
            known[group] = _list_kinds(client, group)
        kind, name = str(manifest["kind"]), str(manifest["metadata"]["name"])
        resource = known[group].get(kind)
        if resource is None:
            skipped.append(
                f"{kind} {name} was left out: this server does not serve {group} {kind}."
            )
            continue
        _apply(client, manifest, group=group, resource=resource)
    return skipped


def _apply(client: ApiClient, manifest: Manifest, *, group: str, resource: Manifest) -> None:
    base = _base_path(group)
    metadata = manifest["metadata"]
    if resource["namespaced"]:
        base = f"{base}/namespaces/{metadata.get('namespace', 'default')}"
    client.request(
        "PATCH",
        f"{base}/{resource['name']}/{metadata['name']}",
        body=manifest,
        query={"fieldManager": FIELD_MANAGER, "force": "true"},
        content_type=APPLY_PATCH,
    )


def _list_kinds(client: ApiClient, group: str) -> dict[str, Manifest]:
    """Return the resources of an API group and version by kind, without subresources."""
    try:
        resources = client.get(_base_path(group))["resources"]
    except ApiError as error:
        if error.status == NOT_FOUND:
            return {}
        raise
    return {item["kind"]: item for item in resources if "/" not in item["name"]}


def _base_path(group: str) -> str:
    return f"/apis/{group}" if "/" in group else f"/api/{group}"


def _is_object(document: object) -> bool:
    """Tell Kubernetes objects from empty documents and from a kustomization."""
    if not isinstance(document, dict) or "kind" not in document:
        return False
    return not str(document.get("apiVersion", "")).startswith("kustomize.")


def _rank(manifest: Manifest) -> int:
    kind = str(manifest["kind"])
    return FIRST_KINDS.index(kind) if kind in FIRST_KINDS else len(FIRST_KINDS)


def _stand_in() -> list[Manifest]:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": SERVICE_ACCOUNT, "namespace": NAMESPACE},
    }
    return [namespace, account]
