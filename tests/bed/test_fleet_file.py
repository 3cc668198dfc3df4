"""Fleet files: what comes out of the shipped ones, and what is refused with which words."""

import copy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.testbed import FleetError, build_node_manifest, list_fleets, load_fleet
from deploy.testbed.fleet_file import parse_fleet

GPU = "nvidia.com/gpu"
VALID: dict[str, Any] = {
    "fleet": "tiny",
    "racks": {"a1": {"zone": "zone-a"}, "b1": {"zone": "zone-b"}},
    "device_models": {
        "one": {
            "resource": GPU,
            "memory": "40Gi",
            "count_label": "nvidia.com/gpu.count",
            "labels": {"nvidia.com/gpu.product": "One"},
        },
        "two": {"resource": GPU, "memory": 1024, "labels": {}},
    },
    "groups": [
        {
            "name": "gpu",
            "count": 3,
            "node_name": "gpu-{n:02}",
            "racks": ["a1", "b1"],
            "labels": {"team": "blue"},
            "taints": [{"key": GPU, "value": "present", "effect": "NoSchedule"}],
            "capacity": {"cpu": 8, "memory": "64Gi", "pods": 110},
            "allocatable": {"cpu": "7500m"},
            "devices": {"one": 4},
        }
    ],
}


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the valid fleet with one place changed; `path` is dotted, numbers index lists."""
    content = copy.deepcopy(VALID)
    *parents, last = path.split(".")
    place: Any = content
    for step in parents:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return content


def test_nodes_get_names_places_labels_and_room() -> None:
    fleet = parse_fleet(VALID, source="tiny.yaml")
    assert [node.name for node in fleet.nodes] == ["gpu-01", "gpu-02", "gpu-03"]
    assert [(node.rack, node.zone) for node in fleet.nodes] == [
        ("a1", "zone-a"),
        ("b1", "zone-b"),
        ("a1", "zone-a"),
    ]
    node = fleet.nodes[1]
    assert node.labels["berth.dev/rack"] == "b1"
    assert node.labels["topology.kubernetes.io/zone"] == "zone-b"
    assert node.labels["kubernetes.io/hostname"] == "gpu-02"
    assert node.labels["nvidia.com/gpu.count"] == "4"
    assert node.labels["nvidia.com/gpu.product"] == "One"
    assert node.labels["team"] == "blue"
    assert node.capacity == {"cpu": "8", "memory": "64Gi", "pods": "110", GPU: "4"}
    assert node.allocatable == {"cpu": "7500m", "memory": "64Gi", "pods": "110", GPU: "4"}
    assert fleet.models["one"].memory_bytes == 40 * 2**30
    assert list(fleet.models) == ["one"], "a model that no node has is not part of the fleet"


def test_the_manifest_is_what_kubernetes_takes() -> None:
    node = parse_fleet(VALID, source="tiny.yaml").nodes[0]
    manifest = build_node_manifest(node, extra_labels={"more": "here"})
    assert manifest["metadata"]["labels"]["more"] == "here"
    assert manifest["spec"]["taints"] == [{"key": GPU, "value": "present", "effect": "NoSchedule"}]
    assert manifest["status"]["allocatable"][GPU] == "4"
    assert {"type": "InternalIP", "address": "10.200.0.1"} in manifest["status"]["addresses"]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("fleet", "Not A Name", "fleet must be lower-case"),
        ("grups", [], "the key 'grups' is not known"),
        ("groups", [], "groups holds no node"),
        ("groups", "none", "groups must be a list"),
        ("groups.0.count", 0, "count must be a whole number from 1 to 5000, not 0"),
        ("groups.0.count", "3", "count must be a whole number"),
        ("groups.0.count", True, "count must be a whole number"),
        ("groups.0.count", 10**18, "count must be a whole number"),
        ("groups.0.node_name", "gpu", "must hold {n}"),
        ("groups.0.node_name", "Gpu-{n}", "no name for a node"),
        ("groups.0.racks", ["c9"], "racks names 'c9'; known are: a1, b1"),
        ("groups.0.devices", {"three": 1}, "the key 'three' is not known. Known: one, two"),
        ("groups.0.devices", {"one": 1, "two": 1}, "has two models under nvidia.com/gpu"),
        ("groups.0.devices", {"one": -1}, "one must be a whole number from 1"),
        ("groups.0.capacity", {"cpu": 8, "memory": "1Gi"}, "pods is missing"),
        ("groups.0.capacity.memory", "64 GB", "memory must be a quantity"),
        ("groups.0.capacity.cpu", -1, "cpu must be a quantity"),
        ("groups.0.capacity.cpu", 1.5, "cpu must be a quantity"),
        ("groups.0.capacity", {"cpu": 1, "memory": 1, "pods": 1, GPU: 2}, "follows from devices"),
        ("groups.0.allocatable", {"disk": 1}, "allocatable names disk"),
        ("groups.0.taints", [{"key": "a", "effect": "Never"}], "effect must be one of NoSchedule"),
        ("groups.0.labels", {"a b": "c"}, "a b is no label key"),
        ("groups.0.labels", {"a": "c d"}, "a must be a label value"),
        ("groups.0.labels", {"a": 1}, "a must be text, not 1 (put it in quotes)"),
        ("racks.a1", {"zone": "no zone"}, "zone must be a label value"),
        ("racks.a1", "zone-a", "a mapping of keys to values is needed here, not str"),
        ("device_models.one.resource", "gpu", "must be an extended resource with a domain"),
        ("device_models.one.memory", "40GB", "memory must be a quantity"),
    ],
)
def test_a_slip_is_refused_with_its_place(path: str, value: object, words: str) -> None:
    with pytest.raises(FleetError) as refused:
        parse_fleet(changed(path, value), source="tiny.yaml")
    assert str(refused.value).startswith("tiny.yaml")
    assert words in str(refused.value)


def test_two_nodes_of_one_name_are_refused() -> None:
    content = copy.deepcopy(VALID)
    content["groups"].append({**content["groups"][0], "name": "more", "count": 1})
    with pytest.raises(FleetError, match="gives the name gpu-01 twice"):
        parse_fleet(content, source="tiny.yaml")


def test_too_many_nodes_in_all_are_refused() -> None:
    content = copy.deepcopy(VALID)
    first = {**content["groups"][0], "count": 2600, "node_name": "a-{n}"}
    content["groups"] = [first, {**first, "name": "more", "node_name": "b-{n}"}]
    with pytest.raises(FleetError, match="more than 5000 nodes"):
        parse_fleet(content, source="tiny.yaml")


def test_files_that_are_not_there_or_not_yaml(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="Known by name: bed, demo, demo-south, small, wide"):
        load_fleet("huge")
    broken = tmp_path / "broken.yaml"
    broken.write_text("groups: [")
    with pytest.raises(FleetError, match="cannot be read"):
        load_fleet(str(broken))


def test_a_fleet_is_loaded_by_path(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(VALID))
    assert load_fleet(str(path)).name == "tiny"


def test_shipped_fleets_are_what_their_users_count_on() -> None:
    fleets = {name: load_fleet(name) for name in list_fleets()}
    assert {name: len(fleet.nodes) for name, fleet in fleets.items()} == {
        "small": 3,
        "bed": 40,
        "demo": 128,
        "demo-south": 72,
        "wide": 500,
    }
    assert all(name == fleet.name for name, fleet in fleets.items())
    bed = fleets["bed"].nodes
    products = Counter(node.labels.get("nvidia.com/gpu.product") for node in bed)
    assert len(products) == 4, "three models, and nodes without any"
    assert len({node.zone for node in bed}) == 2
    assert len({node.rack for node in bed}) == 4
    assert {model.resource for model in fleets["bed"].models.values()} == {GPU}
