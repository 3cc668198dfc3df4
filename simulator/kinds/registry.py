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


@dataclass(frozen=True)
class Kind:
    """One kind. `resource` is the plural name, `parts` its subresources that are modelled."""

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
def _others() -> dict[tuple[str, str], dict[str, Any]]:
    """What real clusters serve and the simulator has no idea of, by API version and resource."""
    return {
        (version, str(item["name"])): item
        for version, items in schema_file()["others"].items()
        for item in items
    }


@cache
def kind_names(api_version: str) -> frozenset[str]:
    """Every kind that a real server knows in an API version, modelled or not."""
    ours = {kind.name for kind in kinds().values() if kind.api_version == api_version}
    others = {
        item["kind"] for (version, _name), item in _others().items() if version == api_version
    }
    return frozenset(ours | others)


def unmodelled(api_version: str, resource: str) -> Kind | None:
    """A kind that real clusters have and the simulator has not, or None for one nobody has."""
    item = _others().get((api_version, resource))
    if item is None:
        return None
    group = api_version.rpartition("/")[0]
    return Kind(item["kind"], resource, group, item["namespaced"], (), is_modelled=False)


def is_unmodelled_part(kind: Kind, part: str) -> bool:
    """Whether real clusters have a part of a kind that the simulator has not."""
    return (kind.api_version, f"{kind.resource}/{part.partition('/')[0]}") in _others()


def unmodelled_versions() -> set[str]:
    """API versions of which nothing at all is modelled, such as autoscaling/v2."""
    return set(schema_file()["others"]) - {"v1", *(f"{group}/v1" for group in groups())}


def unmodelled_groups() -> set[str]:
    """API groups of which nothing at all is modelled."""
    return {version.partition("/")[0] for version in unmodelled_versions()}


def discovery(group: str) -> list[dict[str, Any]]:
    """The resources of a group as a real API server lists them."""
    items: list[dict[str, Any]] = schema_file()["resources"].get(group, [])
    return items


def groups() -> list[str]:
    """The API groups that are served, without the core."""
    return [group for group in schema_file()["resources"] if group]
