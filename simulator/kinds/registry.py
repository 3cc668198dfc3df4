"""The kinds that are modelled, by path and by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from simulator.schema.types import Type, schema_file, type_of_kind

# Reviews and the like are answered, never kept.
NEVER_KEPT = frozenset(
    {"Binding", "SelfSubjectReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview"}
    | {"SubjectAccessReview"}
)
# Kinds whose generation counts changes of the spec.
WITH_GENERATION = frozenset(
    {"Pod", "StatefulSet", "Job", "Deployment", "ReplicaSet", "NetworkPolicy", "PriorityClass"}
    | {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
    | {"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"}
)
WITH_STATUS = frozenset(
    {"Pod", "StatefulSet", "Job", "Deployment", "ReplicaSet", "ResourceQuota", "Namespace", "Node"}
    | {"ValidatingAdmissionPolicy"}
)
# Real kinds of a cluster that the simulator has no idea of: refused by name, never "not found".
UNMODELLED = {
    "": {
        "componentstatuses", "endpoints", "persistentvolumeclaims", "persistentvolumes",
        "podtemplates", "replicationcontrollers", "services",
    },
    "apps": {"daemonsets"},
    "batch": {"cronjobs"},
    "autoscaling": {"horizontalpodautoscalers"},
    "networking.k8s.io": {"ingresses", "ingressclasses", "ipaddresses", "servicecidrs"},
    "policy": {"poddisruptionbudgets"},
    "resource.k8s.io": {
        "deviceclasses", "devicetaintrules", "resourceclaims", "resourceclaimtemplates",
        "resourceslices",
    },
    "storage.k8s.io": {
        "csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments",
        "volumeattributesclasses",
    },
    "coordination.k8s.io": {"leases"},
    "discovery.k8s.io": {"endpointslices"},
    "events.k8s.io": {"events"},
    "certificates.k8s.io": {"certificatesigningrequests", "clustertrustbundles"},
    "flowcontrol.apiserver.k8s.io": {"flowschemas", "prioritylevelconfigurations"},
    "node.k8s.io": {"runtimeclasses"},
    "apiregistration.k8s.io": {"apiservices"},
    "apiextensions.k8s.io": {"customresourcedefinitions"},
    "admissionregistration.k8s.io": {
        "mutatingwebhookconfigurations", "validatingwebhookconfigurations",
    },
    "authentication.k8s.io": {"tokenreviews"},
    "authorization.k8s.io": {"localsubjectaccessreviews"},
}  # fmt: skip
UNMODELLED_PARTS = {
    "pods/attach", "pods/exec", "pods/log", "pods/portforward", "pods/proxy", "nodes/proxy",
}  # fmt: skip
UNMODELLED_KINDS = {
    "podtemplates": "PodTemplate",
    "cronjobs": "CronJob",
    "daemonsets": "DaemonSet",
    "services": "Service",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "replicationcontrollers": "ReplicationController",
    "resourceclaims": "ResourceClaim",
    "resourceclaimtemplates": "ResourceClaimTemplate",
}


@dataclass(frozen=True)
class Kind:
    """One kind. `resource` is the plural name, `parts` its subresources with their kinds."""

    name: str
    resource: str
    group: str
    namespaced: bool
    parts: tuple[str, ...]
    is_modelled: bool = True

    @property
    def api_version(self) -> str:
        """As in an object's apiVersion."""
        return f"{self.group}/v1" if self.group else "v1"

    @property
    def qualified(self) -> str:
        """The resource with its group, as messages name it."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def qualified_kind(self) -> str:
        """The kind with its group, as messages name it."""
        return f"{self.name}.{self.group}" if self.group else self.name

    @property
    def qualified_name(self) -> str:
        """As kubectl names one object of the kind: the kind in small letters, with its group."""
        return f"{self.name.lower()}.{self.group}" if self.group else self.name.lower()

    @cached_property
    def type(self) -> Type:
        """The type of its objects."""
        return type_of_kind(self.name)

    @property
    def key(self) -> str:
        """Unique among kinds."""
        return self.qualified


@cache
def kinds() -> dict[tuple[str, str], Kind]:
    """Every modelled kind by group and resource."""
    found: dict[tuple[str, str], Kind] = {}
    for group, items in schema_file()["resources"].items():
        for item in items:
            name = str(item["name"])
            if "/" in name:
                continue
            parts = tuple(
                str(other["name"]).partition("/")[2]
                for other in items
                if str(other["name"]).startswith(f"{name}/")
            )
            found[group, name] = Kind(
                str(item["kind"]), name, group, bool(item["namespaced"]), parts
            )
    return found


@cache
def kinds_by_name() -> dict[str, Kind]:
    """Every modelled kind by its name."""
    return {kind.name: kind for kind in kinds().values()}


def kind_named(name: str) -> Kind:
    """A modelled kind; raises KeyError."""
    return kinds_by_name()[name]


@cache
def unmodelled(group: str, resource: str) -> Kind | None:
    """A kind that real clusters have and the simulator has not, or None for one nobody has."""
    if resource not in UNMODELLED.get(group, ()):
        return None
    name = UNMODELLED_KINDS.get(resource, resource)
    return Kind(name, resource, group, True, (), is_modelled=False)


def discovery(group: str) -> list[dict[str, Any]]:
    """The resources of a group as a real API server lists them."""
    items: list[dict[str, Any]] = schema_file()["resources"].get(group, [])
    return items


def groups() -> list[str]:
    """The API groups that are served, without the core."""
    return [group for group in schema_file()["resources"] if group]
