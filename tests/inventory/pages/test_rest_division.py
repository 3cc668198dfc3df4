"""REST of pools, devices, nodes and namespaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inventory.models import Cluster, DeviceMapping, Namespace, Node, Pod, Pool
from portal.scope import scope
from scheduling.models import Quota, QuotaNode
from tests.inventory.pages.fleet import SYSTEM, Fleet
from tests.tenants.rest import Rest

Ask = Callable[[str], Rest]


def test_tenants_learn_names_of_pools_alone(fleet: Fleet, rest: Ask) -> None:
    pool = rest("alice").get("pools/gpu/").json()
    assert set(pool) == {"name", "title", "ordering", "generation"}
    assert rest("auditor").get("pools/gpu/").json()["selector"]


def test_pool_is_made_changed_ordered_and_deleted(fleet: Fleet, rest: Ask) -> None:
    operator = rest("operator")
    sent = {
        "name": "b",
        "title": "B",
        "selector": [{"key": "zone", "operator": "In", "values": ["b"]}],
        "clusters": ["north"],
    }
    made = operator.post("pools/", sent)
    assert (made.status_code, made["Location"]) == (201, "/api/v1/pools/b/")
    assert made.json()["ordering"] == 3
    assert operator.post("pools/", sent).status_code == 409
    order = operator.post("pools/reorder/", {"names": ["b", "gpu", "rest"]})
    assert [pool["name"] for pool in order.json()["results"]] == ["b", "gpu", "rest"]
    assert Node.objects.get(name="north-cpu-0").pool == Pool.objects.get(name="b")
    etag = operator.get("pools/b/")["ETag"]
    changed = operator.patch("pools/b/", {"selector": []}, match=etag)
    assert changed.status_code == 200, changed.content
    assert Node.objects.filter(pool__name="b").count() == 5
    assert operator.patch("pools/b/", {"title": "Late"}, match=etag).status_code == 412
    assert operator.delete("pools/b/", match=etag).status_code == 412
    assert operator.delete("pools/b/").status_code == 204
    assert Node.objects.filter(pool__name="gpu").count() == 5


def test_a_removed_cluster_is_no_longer_meant_by_its_name(fleet: Fleet, rest: Ask) -> None:
    operator = rest("operator")
    Cluster.objects.create(name="old", title="Old", server_url="https://x", state="removed")
    sent = {"name": "b", "title": "B", "selector": []}
    assert operator.post("pools/", sent | {"clusters": ["old"]}).status_code == 400
    Cluster.objects.create(name="north", title="Then", server_url="https://x", state="removed")
    made = operator.post("pools/", sent | {"clusters": ["north"]})
    assert (made.status_code, made.json()["clusters"]) == (201, ["north"])
    assert list(Pool.objects.get(name="b").clusters.all()) == [fleet.north]


def test_pool_with_quota_is_not_deleted(fleet: Fleet, rest: Ask) -> None:
    with scope(SYSTEM):
        node = QuotaNode.objects.get(tenant_key="vision")
        pool = Pool.objects.get(name="gpu")
        Quota.objects.create(
            node=node, tenant_key="vision", pool=pool, resource="cpu", guaranteed=4000
        )
    answer = rest("operator").delete("pools/gpu/")
    assert (answer.status_code, answer.json()["code"]) == (409, "pool-in-use")
    assert Pool.objects.filter(name="gpu").exists()
    assert Node.objects.filter(pool__name="gpu").count() == 5


@pytest.mark.parametrize(
    ("path", "sent", "field"),
    [
        ("pools/", {"name": "X", "title": "x"}, "name"),
        ("pools/", {"name": "x", "title": 7}, "title"),
        ("pools/", {"name": "x", "title": "x", "selector": [{"key": "a"}]}, "selector"),
        ("pools/", {"name": "x", "title": "x", "selector": {"a": "b"}}, "selector"),
        ("pools/", {"name": "x", "title": "x", "tolerations": [{}]}, "tolerations"),
        ("pools/", {"name": "x", "title": "x", "clusters": ["nothing"]}, "clusters"),
        ("pools/", {"name": "x", "title": "x", "clusters": "north"}, "clusters"),
        ("pools/reorder/", {"names": ["gpu"]}, "names"),
        ("pools/reorder/", {"names": ["gpu", "gpu"]}, "names"),
        ("pools/reorder/", {"names": 7}, "names"),
        ("device-types/", {"name": "cpu", "title": "x"}, "name"),
        ("device-types/", {"name": "x", "title": "x", "weight_milli": 0}, "weight_milli"),
        ("device-types/", {"name": "x", "title": "x", "weight_milli": "7"}, "weight_milli"),
        ("device-types/", {"name": "x", "title": "x", "memory_bytes": -1}, "memory_bytes"),
        ("device-types/", {"name": "x", "title": "x", "memory_bytes": 10**18}, "memory_bytes"),
        ("device-mappings/", {"device_type": "h100-x", "resource_key": "cpu"}, "resource_key"),
        (
            "device-mappings/",
            {"device_type": "h100-x", "resource_key": "a.b/c", "node_labels": {"a": 1}},
            "node_labels",
        ),
        (
            "device-mappings/",
            {"device_type": "h100-x", "resource_key": "a.b/c", "ordering": 10**6},
            "ordering",
        ),
    ],
)
def test_bad_field_is_named(
    fleet: Fleet, rest: Ask, path: str, sent: dict[str, Any], field: str
) -> None:
    before = (Pool.objects.count(), DeviceMapping.objects.count())
    answer = rest("operator").post(path, sent)
    assert answer.status_code == 400, answer.content
    assert next(iter(answer.json()["errors"])).startswith(field)
    assert (Pool.objects.count(), DeviceMapping.objects.count()) == before


def test_mapping_comes_and_goes(fleet: Fleet, rest: Ask) -> None:
    operator = rest("operator")
    sent = {"device_type": "h100-x", "resource_key": "nvidia.com/gpu", "cluster": "south"}
    assert operator.post("device-mappings/", sent | {"device_type": "x"}).status_code == 404
    assert operator.post("device-mappings/", sent | {"cluster": "x"}).status_code == 404
    made = operator.post("device-mappings/", sent)
    assert made.status_code == 201, made.content
    assert operator.post("device-mappings/", sent).status_code == 409
    assert operator.get(f"device-mappings/{made.json()['id']}/").json()["cluster"] == "south"
    assert operator.delete(f"device-mappings/{made.json()['id']}/").status_code == 204
    first = DeviceMapping.objects.get()
    assert operator.delete(f"device-mappings/{first.pk}/").status_code == 204
    assert Node.objects.get(name="north-gpu-0").allocatable["nvidia.com/gpu"] == 8


def test_nodes_are_filtered(fleet: Fleet, rest: Ask) -> None:
    def names(**query: str) -> set[str]:
        rows = rest("auditor").get("nodes/", **query).json()["results"]
        return {row["name"] for row in rows}

    assert len(names()) == 6
    assert names(cluster="south") == {"south-gpu-0"}
    assert names(pool="rest") == {"north-cpu-0"}
    assert names(ready="false") == {"south-gpu-0"}
    assert names(state="cordoned") == {"north-cpu-0"}
    assert len(names(device="h100-x")) == 5
    assert names(search="cpu") == {"north-cpu-0"}
    assert rest("auditor").get("nodes/", colour="red").status_code == 400
    assert rest("auditor").get("nodes/", cluster="nothing").status_code in {200, 400}


def test_namespace_is_claimed_and_given_back(fleet: Fleet, rest: Ask) -> None:
    operator = rest("operator")
    place = {"cluster": "north", "name": "legacy"}
    with scope(SYSTEM):
        Namespace.objects.create(
            cluster=fleet.north,
            uid="u-1",
            name="legacy",
            resource_version="1",
            seen_at="2026-01-01T00:00Z",
        )
    assert operator.post("namespaces/claim/", place | {"tenant": "Not One"}).status_code == 400
    assert operator.post("namespaces/claim/", place | {"tenant": "nobody"}).status_code == 404
    claimed = operator.post("namespaces/claim/", place | {"tenant": "vision"})
    assert (claimed.status_code, claimed.json()["tenant"]) == (200, "vision")
    assert operator.post("namespaces/claim/", place | {"tenant": "speech"}).status_code == 409
    listed = operator.get("namespaces/", tenant="vision", kind="claimed").json()["results"]
    assert [row["name"] for row in listed] == ["legacy"]
    assert operator.post("namespaces/unclaim/", place).json()["tenant"] == ""
    assert operator.post("namespaces/unclaim/", place).status_code == 404
    with scope(SYSTEM):
        assert Pod.objects.filter(tenant_key="vision").count() == 1
