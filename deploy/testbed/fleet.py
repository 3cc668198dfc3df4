"""A fleet: nodes with their labels, taints and room, as a bed or a simulator shall show them."""

from dataclasses import dataclass, field
from typing import Any

ZONE_LABEL = "topology.kubernetes.io/zone"
REGION_LABEL = "topology.kubernetes.io/region"
RACK_LABEL = "berth.dev/rack"
INSTANCE_LABEL = "node.kubernetes.io/instance-type"
HOSTNAME_LABEL = "kubernetes.io/hostname"
GROUP_LABEL = "testbed.berth.dev/group"


@dataclass(frozen=True)
class Taint:
    """A taint as in `node.spec.taints`."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True)
class DeviceModel:
    """A model of accelerator in the fleet's catalogue.

    `resource` is the extended resource key, `labels` what its feature discovery writes on a node,
    `count_label` the label that carries the number of devices, `memory_bytes` of one device.
    """

    name: str
    title: str
    resource: str
    memory_bytes: int
    count_label: str
    labels: dict[str, str]


@dataclass(frozen=True)
class FleetNode:
    """One node. `capacity` and `allocatable` are Kubernetes quantities by resource key.

    `devices` counts devices by the name of their model in the fleet's catalogue.
    """

    name: str
    group: str
    rack: str
    zone: str
    address: str
    labels: dict[str, str]
    annotations: dict[str, str]
    taints: tuple[Taint, ...]
    capacity: dict[str, str]
    allocatable: dict[str, str]
    devices: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Fleet:
    """All nodes of one fleet file, in its order, and the device models they name."""

    name: str
    description: str
    models: dict[str, DeviceModel]
    nodes: tuple[FleetNode, ...]


def build_node_manifest(
    node: FleetNode, *, extra_labels: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return the Node object to create; its status carries room and addresses, not readiness."""
    spec: dict[str, Any] = {}
    if node.taints:
        spec["taints"] = [
            {"key": taint.key, "value": taint.value, "effect": taint.effect}
            for taint in node.taints
        ]
    metadata: dict[str, Any] = {"name": node.name, "labels": node.labels | (extra_labels or {})}
    if node.annotations:
        metadata["annotations"] = node.annotations
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata,
        "spec": spec,
        "status": {
            "capacity": node.capacity,
            "allocatable": node.allocatable,
            "addresses": [
                {"type": "InternalIP", "address": node.address},
                {"type": "Hostname", "address": node.name},
            ],
        },
    }
