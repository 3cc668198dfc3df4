"""How nodes are divided: which pool, and which device type a resource key means. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Labels = Mapping[str, str]
Amounts = Mapping[str, int]

# Resources that are no devices; their names can't be names of device types.
STANDARD_KEYS = frozenset({"cpu", "memory", "pods", "ephemeral-storage", "storage"})


@dataclass(frozen=True, slots=True)
class PoolRule:
    """A pool as a rule; no cluster means all clusters."""

    pool_id: int
    name: str
    selector: Sequence[Mapping[str, Any]]
    cluster_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DeviceRule:
    """A mapping as a rule; without a cluster it holds for all."""

    resource_key: str
    device_type: str
    node_labels: Labels = field(default_factory=dict)
    cluster_id: int | None = None


def requirement_holds(requirement: Mapping[str, Any], labels: Labels) -> bool:
    """Tell whether one term of a selector holds for these labels, as in Kubernetes."""
    key, operator = requirement["key"], requirement["operator"]
    values = requirement.get("values") or ()
    match operator:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    msg = f"unknown operator {operator!r}"
    raise ValueError(msg)


def pool_of(rules: Sequence[PoolRule], cluster_id: int, labels: Labels) -> PoolRule | None:
    """The first pool, in the order given, that a node belongs to; None when unpooled."""
    for rule in rules:
        if rule.cluster_ids and cluster_id not in rule.cluster_ids:
            continue
        if all(requirement_holds(term, labels) for term in rule.selector):
            return rule
    return None


def device_of(rules: Sequence[DeviceRule], cluster_id: int, key: str, labels: Labels) -> str | None:
    """The device type that a resource key means on a node with these labels, if any is known."""
    for rule in rules:
        if rule.resource_key != key or rule.cluster_id not in (None, cluster_id):
            continue
        if all(labels.get(name) == value for name, value in rule.node_labels.items()):
            return rule.device_type
    return None


def amounts_resolve(
    rules: Sequence[DeviceRule], cluster_id: int, raw: Amounts, labels: Labels
) -> dict[str, int]:
    """Replace resource keys by device types; two keys of one type add up, unknown keys stay."""
    resolved: dict[str, int] = {}
    for key, amount in raw.items():
        name = key
        if is_extended(key):
            name = device_of(rules, cluster_id, key, labels) or key
        resolved[name] = resolved.get(name, 0) + amount
    return resolved


def is_extended(key: str) -> bool:
    """Tell whether a resource key is of the kind devices have: with a domain, outside the core."""
    return "/" in key and not key.startswith(("kubernetes.io/", "attachable-volumes-"))


def unknown_keys(resolved: Amounts) -> list[str]:
    """Extended keys that no mapping knows, of resolved amounts."""
    return sorted(key for key in resolved if is_extended(key))
