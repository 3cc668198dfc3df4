"""Reads fleet files (format: docs/testbed.md) and refuses what Kubernetes would not take."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import yaml

from deploy.testbed.errors import FleetError
from deploy.testbed.fleet import (
    GROUP_LABEL,
    HOSTNAME_LABEL,
    INSTANCE_LABEL,
    RACK_LABEL,
    REGION_LABEL,
    ZONE_LABEL,
    DeviceModel,
    Fleet,
    FleetNode,
    Taint,
)
from deploy.testbed.fleet_fields import Reader
from deploy.testbed.paths import FLEETS

CATALOGUE = FLEETS / "catalogue" / "devices.yaml"
MAX_NODES = 5000  # Kubernetes itself is tested up to here
FIRST_ADDRESS = IPv4Address("10.200.0.1")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
GROUP_KEYS = (
    *("name", "count", "node_name", "first", "racks", "instance_type", "labels"),
    *("annotations", "taints", "capacity", "allocatable", "devices"),
)
NEEDED_ROOM = ("cpu", "memory", "pods")


def list_fleets() -> list[str]:
    """Return the names of the fleets that come with the repository."""
    return sorted(path.stem for path in FLEETS.glob("*.yaml"))


def name_fleet(name_or_path: str) -> str:
    """Return what names the same fleet from anywhere: its name, or its file's absolute path."""
    if name_or_path.endswith((".yaml", ".yml")) or "/" in name_or_path:
        return str(Path(name_or_path).expanduser().resolve())
    return name_or_path


def load_fleet(name_or_path: str) -> Fleet:
    """Load a fleet by its name in fleets/ or by the path of a YAML file; raises FleetError."""
    path = Path(name_fleet(name_or_path))
    if not path.is_absolute():
        path = FLEETS / f"{name_or_path}.yaml"
    if not path.is_file():
        known = ", ".join(list_fleets())
        raise FleetError(
            f"There is no fleet {name_or_path}. Known by name: {known}; "
            f"or give the path of a YAML file."
        )
    return parse_fleet(_read_yaml(path), source=str(path), catalogue=load_catalogue())


def load_catalogue() -> dict[str, DeviceModel]:
    """Return the device models that every fleet may name."""
    top = Reader(_read_yaml(CATALOGUE), str(CATALOGUE))
    top.allow("device_models")
    return _read_models(top)


def parse_fleet(
    content: object, *, source: str, catalogue: Mapping[str, DeviceModel] | None = None
) -> Fleet:
    """Turn the decoded YAML of a fleet file into a Fleet; FleetError names the place in `source`.

    `catalogue` holds models known beforehand; the file's own `device_models` go before them.
    """
    top = Reader(content, source)
    top.allow("fleet", "description", "region", "racks", "device_models", "groups")
    region = top.label_value("region", default="")
    racks = {key: _read_rack(item) for key, item in top.mapping_of_maps("racks").items()}
    models = dict(catalogue or {}) | _read_models(top)
    nodes: list[FleetNode] = []
    for group in top.list_of_maps("groups"):
        nodes += _read_group(group, region=region, racks=racks, models=models)
        if len(nodes) > MAX_NODES:
            group.refuse("count", f"makes more than {MAX_NODES} nodes in all")
    _refuse_twins(nodes, top)
    placed = tuple(
        replace(node, address=str(FIRST_ADDRESS + index)) for index, node in enumerate(nodes)
    )
    used = {name for node in placed for name in node.devices}
    return Fleet(
        name=top.name("fleet"),
        description=top.text("description", default=""),
        models={name: model for name, model in models.items() if name in used},
        nodes=placed,
    )


def _read_yaml(path: Path) -> object:
    try:
        content: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FleetError(f"The fleet file {path} cannot be read: {error}") from error
    return content


def _read_models(top: Reader) -> dict[str, DeviceModel]:
    return {
        key: _read_model(key, item) for key, item in top.mapping_of_maps("device_models").items()
    }


def _read_rack(item: Reader) -> str:
    """Return the zone of a rack."""
    item.allow("zone")
    return item.label_value("zone")


def _read_model(name: str, item: Reader) -> DeviceModel:
    item.allow("title", "resource", "memory", "count_label", "labels")
    return DeviceModel(
        name=name,
        title=item.text("title", default=name),
        resource=item.extended_resource("resource"),
        memory_bytes=item.byte_amount("memory"),
        count_label=item.label_key("count_label", default=""),
        labels=item.labels("labels"),
    )


def _read_group(
    group: Reader, *, region: str, racks: Mapping[str, str], models: Mapping[str, DeviceModel]
) -> list[FleetNode]:
    """Return the nodes of one group, dealt to its racks in turn."""
    group.allow(*GROUP_KEYS)
    name = group.name("name")
    count = group.whole("count", minimum=1, maximum=MAX_NODES)
    first = group.whole("first", minimum=0, maximum=MAX_NODES, default=1)
    own_racks = group.names("racks", known=racks)
    devices = group.counts("devices", known=models)
    device_labels = _label_devices(group, devices, models)
    capacity, allocatable = _read_room(group, devices, models)
    labels = {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", GROUP_LABEL: name}
    if instance := group.label_value("instance_type", default=""):
        labels[INSTANCE_LABEL] = instance
    if region:
        labels[REGION_LABEL] = region
    labels |= device_labels | group.labels("labels")
    template = FleetNode(
        name="",
        group=name,
        rack="",
        zone="",
        address="",
        labels=labels,
        annotations=group.strings("annotations"),
        taints=tuple(_read_taint(item) for item in group.list_of_maps("taints", required=False)),
        capacity=capacity,
        allocatable=allocatable,
        devices=devices,
    )
    nodes = []
    for index in range(count):
        rack = own_racks[index % len(own_racks)] if own_racks else ""
        node = replace(template, name=group.node_name("node_name", number=first + index))
        nodes.append(_place(node, rack, racks.get(rack, "")))
    return nodes


def _place(node: FleetNode, rack: str, zone: str) -> FleetNode:
    """Give a node its place in the topology; a fleet without racks has neither label."""
    labels = {HOSTNAME_LABEL: node.name} | node.labels
    if rack:
        labels |= {RACK_LABEL: rack, ZONE_LABEL: zone}
    return replace(node, rack=rack, zone=zone, labels=labels)


def _read_room(
    group: Reader, devices: Mapping[str, int], models: Mapping[str, DeviceModel]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return capacity and allocatable; what allocatable does not name is all of the capacity."""
    capacity = group.quantities("capacity", needed=NEEDED_ROOM)
    allocatable = group.quantities("allocatable", needed=())
    for key in allocatable:
        if key not in capacity:
            group.refuse("allocatable", f"names {key}, which capacity does not have")
    for model, count in devices.items():
        resource = models[model].resource
        if resource in capacity:
            group.refuse("capacity", f"names {resource}, which follows from devices already")
        capacity[resource] = str(count)
    return capacity, capacity | allocatable


def _label_devices(
    group: Reader, devices: Mapping[str, int], models: Mapping[str, DeviceModel]
) -> dict[str, str]:
    """Return the labels of feature discovery, which can describe one model per resource key."""
    labels: dict[str, str] = {}
    resources: set[str] = set()
    for name, count in devices.items():
        model = models[name]
        if model.resource in resources:
            group.refuse("devices", f"has two models under {model.resource} on one node")
        resources.add(model.resource)
        labels |= model.labels
        if model.count_label:
            labels[model.count_label] = str(count)
    return labels


def _read_taint(item: Reader) -> Taint:
    item.allow("key", "value", "effect")
    return Taint(
        key=item.label_key("key"),
        value=item.label_value("value", default=""),
        effect=item.choice("effect", EFFECTS),
    )


def _refuse_twins(nodes: list[FleetNode], top: Reader) -> None:
    if not nodes:
        top.refuse("groups", "holds no node")
    seen: dict[str, str] = {}
    for node in nodes:
        if node.name in seen:
            first = seen[node.name]
            top.refuse("groups", f"gives the name {node.name} twice ({first} and {node.group})")
        seen[node.name] = node.group
