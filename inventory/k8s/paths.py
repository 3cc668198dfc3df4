"""Where objects of each kind live under the API: pure, and the list of what Berth ever touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Place:
    """API version, plural name, and whether objects live in a namespace."""

    api_version: str
    plural: str
    namespaced: bool = True

    @property
    def root(self) -> str:
        """The path of the API version."""
        core = "/" not in self.api_version
        return f"/api/{self.api_version}" if core else f"/apis/{self.api_version}"


PLACES = {
    "Namespace": Place("v1", "namespaces", namespaced=False),
    "Node": Place("v1", "nodes", namespaced=False),
    "Pod": Place("v1", "pods"),
    "Service": Place("v1", "services"),
    "ServiceAccount": Place("v1", "serviceaccounts"),
    "ResourceQuota": Place("v1", "resourcequotas"),
    "LimitRange": Place("v1", "limitranges"),
    "Event": Place("v1", "events"),
    "StatefulSet": Place("apps/v1", "statefulsets"),
    "Job": Place("batch/v1", "jobs"),
    "NetworkPolicy": Place("networking.k8s.io/v1", "networkpolicies"),
    "RoleBinding": Place("rbac.authorization.k8s.io/v1", "rolebindings"),
}


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """Which object: kind, name and, where the kind has one, namespace."""

    kind: str
    name: str
    namespace: str = ""

    @classmethod
    def of(cls, obj: dict[str, Any]) -> ObjectRef:
        """The reference to an object given as a dict; raises KeyError for an unknown kind."""
        meta = obj["metadata"]
        namespaced = PLACES[obj["kind"]].namespaced
        return cls(obj["kind"], meta["name"], meta.get("namespace", "") if namespaced else "")

    @property
    def path(self) -> str:
        """The object's own path."""
        return f"{collection_path(self.kind, self.namespace)}/{quote(self.name, safe='')}"

    def __str__(self) -> str:
        return (
            f"{self.kind} {self.namespace}/{self.name}"
            if self.namespace
            else (f"{self.kind} {self.name}")
        )


def collection_path(kind: str, namespace: str = "") -> str:
    """The path of all objects of a kind, in one namespace where the kind has them."""
    place = PLACES[kind]
    if place.namespaced and not namespace:
        msg = f"{kind} needs a namespace"
        raise ValueError(msg)
    inside = f"/namespaces/{quote(namespace, safe='')}" if place.namespaced else ""
    return f"{place.root}{inside}/{place.plural}"


def everywhere_path(kind: str) -> str:
    """The path of all objects of a kind in the whole cluster."""
    place = PLACES[kind]
    return f"{place.root}/{place.plural}"
