"""Registering and dividing: good input makes rows, jobs and audit; bad input makes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command

from inventory.choices import ClusterState
from inventory.logins import kubeconfig_render
from inventory.models import Cluster, DeviceMapping, DeviceType, Node, Pool
from inventory.selectors.nodes import (
    cluster_capacities,
    pool_capacities,
    unknown_device_keys,
)
from inventory.services.clusters import cluster_pause, cluster_register, cluster_update
from inventory.services.devices import (
    device_mapping_create,
    device_mapping_delete,
    device_type_create,
)
from inventory.services.namespaces import namespace_claim, namespace_unclaim
from inventory.services.pools import pool_create, pool_reorder, pool_update
from inventory.sync import apply_batch
from portal.errors import Conflict, Denied, Invalid, NotFound, PreconditionFailed
from portal.models import AuditEntry, JobRun
from portal.viewer import Viewer
from tests.inventory.test_kubeconfig import config
from tests.inventory.test_sync import namespace, node
from tests.inventory.world import OPERATOR

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("system_scope")]
NOBODY = Viewer(user_id=5, label="alice", kind="user", tenant_keys=frozenset({"vision"}))
KUBECONFIG = yaml.safe_dump(config())
NOW = datetime(2026, 1, 1, tzinfo=UTC)
GPU = "nvidia.com/gpu"


def register(**changes: Any) -> Cluster:
    values = {"name": "one", "title": "One", "kubeconfig": KUBECONFIG, "viewer": OPERATOR}
    return cluster_register(**values | changes)


def test_registering_seals_audits_and_asks_for_a_test() -> None:
    cluster = register()
    assert cluster.state == "pending"
    assert b"abc.def" not in bytes(cluster.sealed_credential)
    assert JobRun.objects.get().kind == "cluster.test"
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.target_id) == ("cluster.register", str(cluster.pk))
    assert "abc.def" not in str(entry.after)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "A"),
        ("name", "a" * 41),
        ("name", "-a"),
        ("name", "a\n"),
        ("name", "ü"),
        ("title", " "),
        ("title", "x" * 121),
        ("title", "a\u202e\nb"),
        ("labels", {"bad key!": "x"}),
        ("labels", {"a": 1}),
        ("login", {"server": "http://x"}),
        ("login", {"surprise": 1}),
        ("login", {"exec": {"args": ["x"]}}),
        ("login", {"ca_pem": "nonsense"}),
        ("subject_template", [{"kind": "Group", "name": "all"}]),
        ("subject_template", [{"kind": "ServiceAccount", "name": "{tenant}"}]),
        ("subject_template", [{"kind": [], "name": "{tenant}"}]),
        ("subject_template", [{"kind": "Group", "name": "{tenant}{x}"}]),
        ("subject_template", [{"kind": "Group", "name": "{tenant.__class__}"}]),
        ("subject_template", [{"kind": "Group", "name": "system:{tenant}"}]),
        ("kubeconfig", "x"),
    ],
)
def test_a_field_that_is_not_valid_is_named_and_nothing_is_written(field: str, value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        register(**{field: value})
    assert list(caught.value.fields) == [field]
    assert not Cluster.objects.exists()
    assert not JobRun.objects.exists()


def test_who_may_not_sees_nothing_to_change() -> None:
    register()
    with pytest.raises(Denied):
        register(name="two", viewer=NOBODY)
    with pytest.raises(NotFound):
        cluster_update(name="one", title="X", viewer=NOBODY)
    with pytest.raises(Denied):
        cluster_update(
            name="one",
            title="X",
            viewer=replace(NOBODY, platform_verbs=frozenset({"cluster.view"})),
        )


def test_a_name_can_be_taken_only_once() -> None:
    register()
    with pytest.raises(Conflict):
        register()
    assert Cluster.objects.count() == 1


def test_a_stale_generation_changes_nothing() -> None:
    cluster = register()
    changed = cluster_update(name="one", title="New", viewer=OPERATOR, generation=1)
    assert (changed.title, changed.generation) == ("New", 2)
    with pytest.raises(PreconditionFailed):
        cluster_pause(name="one", viewer=OPERATOR, generation=1)
    cluster.refresh_from_db()
    assert cluster.state == "pending"


def nodes_make(cluster: Cluster) -> None:
    amounts = {"cpu": 1000, GPU: 8}
    records = [
        node(n, labels={"model": model, "n": str(n)}, allocatable=amounts, capacity=amounts)
        for n, model in enumerate(["h100", "h100", "l40s", ""])
    ]
    apply_batch(cluster_id=cluster.pk, kind="nodes", upserts=records, now=NOW)


def models(**labels: str) -> list[dict[str, Any]]:
    return [{"key": key, "operator": "In", "values": [value]} for key, value in labels.items()]


def pools_of_nodes() -> list[str]:
    found = Node.objects.order_by("name").values_list("pool__name", flat=True)
    return [name or "" for name in found]


def test_pools_take_nodes_in_their_order() -> None:
    nodes_make(register())
    pool_create(name="all", title="All", viewer=OPERATOR)
    pool_create(name="h100", title="H100", selector=models(model="h100"), viewer=OPERATOR)
    assert pools_of_nodes() == ["all"] * 4
    pool_reorder(names=["h100", "all"], viewer=OPERATOR)
    assert pools_of_nodes() == ["h100", "h100", "all", "all"]
    pool_update(name="all", selector=models(model="l40s"), viewer=OPERATOR)
    assert pools_of_nodes() == ["h100", "h100", "all", ""]
    Cluster.objects.update(state=ClusterState.CONNECTED)  # before that nothing of it is usable
    found = pool_capacities()
    assert found[Pool.objects.get(name="h100").pk].usable[GPU] == 16
    assert found[None].nodes == 1
    assert sum(c.nodes for c in cluster_capacities().values()) == 4
    assert JobRun.objects.filter(kind="pool.label").count() == 1


def test_a_pool_of_other_clusters_takes_nothing_here() -> None:
    nodes_make(register())
    register(name="two")
    pool_create(name="two", title="Two", clusters=["two"], viewer=OPERATOR)
    assert pools_of_nodes() == [""] * 4


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "X"),
        ("title", ""),
        ("selector", [{"key": "a", "operator": "Gt", "values": ["1"]}]),
        ("selector", [{"key": "a", "operator": "In"}]),
        ("selector", [{"key": "a", "operator": "Exists", "values": ["x"]}]),
        ("selector", [{"key": "berth.dev/pool", "operator": "Exists"}]),
        ("selector", [{"key": "a b", "operator": "Exists"}]),
        ("selector", "zone=a"),
        ("selector", [[]]),
        ("tolerations", [{"operator": "Exists"}]),
        ("tolerations", [{"key": "a", "effect": "Never"}]),
        ("tolerations", [{"key": "a", "surprise": 1}]),
        ("tolerations", [{"key": "a", "operator": []}]),
        ("tolerations", [{"key": "a", "effect": {}}]),
        ("clusters", ["missing"]),
        ("clusters", [3]),
    ],
)
def test_a_pool_that_is_not_valid_is_refused(field: str, value: Any) -> None:
    values: dict[str, Any] = {"name": "p", "title": "P", "viewer": OPERATOR} | {field: value}
    with pytest.raises(Invalid) as caught:
        pool_create(**values)
    assert list(caught.value.fields) == [field]
    assert not Pool.objects.exists()


def test_an_order_must_name_every_pool_once() -> None:
    for name in ("a", "b"):
        pool_create(name=name, title=name, viewer=OPERATOR)
    for names in (["a"], ["a", "a"], ["a", "b", "c"], ["a", "a", "b"]):
        with pytest.raises(Invalid):
            pool_reorder(names=names, viewer=OPERATOR)


def test_devices_get_their_names_from_labels_and_lose_them_again() -> None:
    cluster = register()
    nodes_make(cluster)
    assert unknown_device_keys() == {GPU: 4}
    for name in ("h100", "l40s"):
        device_type_create(name=name, title=name, viewer=OPERATOR)
        device_mapping_create(
            device_type=name, resource_key=GPU, node_labels={"model": name}, viewer=OPERATOR
        )
    found = [n.allocatable for n in Node.objects.order_by("name")]
    assert [a.get("h100", a.get("l40s")) for a in found] == [8, 8, 8, None]
    assert unknown_device_keys() == {GPU: 1}
    device_mapping_delete(mapping_id=DeviceMapping.objects.earliest("id").pk, viewer=OPERATOR)
    assert unknown_device_keys() == {GPU: 3}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "cpu"),
        ("name", "nvidia.com/gpu"),
        ("title", ""),
        ("weight_milli", 0),
        ("weight_milli", 1001),
        ("weight_milli", True),
        ("weight_milli", 1.5),
        ("memory_bytes", -1),
        ("memory_bytes", 10**18),
    ],
)
def test_a_device_type_that_is_not_valid_is_refused(field: str, value: Any) -> None:
    values: dict[str, Any] = {"name": "x", "title": "X", "viewer": OPERATOR} | {field: value}
    with pytest.raises(Invalid) as caught:
        device_type_create(**values)
    assert list(caught.value.fields) == [field]
    assert not DeviceType.objects.exists()


@pytest.mark.parametrize("key", ["cpu", "memory", "gpu", "kubernetes.io/x", "a/b/c", "", " "])
def test_only_a_device_key_can_be_mapped(key: str) -> None:
    device_type_create(name="x", title="X", viewer=OPERATOR)
    with pytest.raises(Invalid):
        device_mapping_create(device_type="x", resource_key=key, viewer=OPERATOR)


def test_the_same_mapping_is_said_once() -> None:
    device_type_create(name="x", title="X", viewer=OPERATOR)
    device_mapping_create(device_type="x", resource_key=GPU, viewer=OPERATOR)
    with pytest.raises(Conflict):
        device_mapping_create(device_type="x", resource_key=GPU, viewer=OPERATOR)
    with pytest.raises(NotFound):
        device_mapping_create(device_type="y", resource_key=GPU, viewer=OPERATOR)
    with pytest.raises(NotFound):
        device_mapping_create(device_type="x", resource_key=GPU, cluster="missing", viewer=OPERATOR)


def test_the_catalogue_can_be_added_again() -> None:
    call_command("device_catalogue", verbosity=0)
    before = DeviceType.objects.count(), DeviceMapping.objects.count()
    assert min(before) > 15
    call_command("device_catalogue", verbosity=0)
    assert (DeviceType.objects.count(), DeviceMapping.objects.count()) == before


@pytest.mark.usefixtures("people")
def test_an_operator_claims_a_namespace_and_takes_the_claim_back() -> None:
    cluster = register()
    apply_batch(cluster_id=cluster.pk, kind="namespaces", upserts=[namespace("old-team")], now=NOW)
    claim = {"cluster": "one", "name": "old-team", "viewer": OPERATOR}
    namespace_claim(tenant_key="vision", **claim)
    namespace_claim(tenant_key="vision", **claim)
    with pytest.raises(Conflict):
        namespace_claim(tenant_key="speech", **claim)
    with pytest.raises(NotFound):
        namespace_claim(tenant_key="vision", **claim | {"name": "missing"})
    with pytest.raises(NotFound):
        namespace_claim(tenant_key="nobody", **claim)
    with pytest.raises(Invalid):
        namespace_claim(tenant_key="no such key", **claim)
    namespace_unclaim(**claim)
    with pytest.raises(NotFound):
        namespace_unclaim(**claim)
    verbs = AuditEntry.objects.filter(tenant_key="vision", target_type="namespace").values_list(
        "verb", flat=True
    )
    assert set(verbs) == {"namespace.claim", "namespace.unclaim"}


def test_the_command_registers_and_hands_in_anew(tmp_path: Any) -> None:
    path = tmp_path / "config"
    path.write_text(KUBECONFIG)
    call_command("cluster_add", "lab", kubeconfig=str(path), verbosity=0)
    first = Cluster.objects.get(name="lab")
    call_command("cluster_add", "lab", kubeconfig=str(path), verbosity=0)
    second = Cluster.objects.get(name="lab")
    assert (first.generation, second.generation) == (1, 2)
    with pytest.raises(CommandError, match="can't be read"):
        call_command("cluster_add", "lab", kubeconfig=str(tmp_path / "none"))
    path.write_text("kind: Config\nusers: []\n")
    with pytest.raises(CommandError, match="exactly one entry"):
        call_command("cluster_add", "lab", kubeconfig=str(path))


def test_a_tenants_kubeconfig_has_no_credential() -> None:
    login = {"exec": {"command": "kubelogin", "args": ["get-token"], "env": {"A": "b"}}}
    text = kubeconfig_render(
        cluster="one",
        server="https://api.example:6443",
        ca_pem="PEM",
        login=login,
        namespace="berth-vision",
    )
    found = yaml.safe_load(text)
    assert found["contexts"][0]["context"]["namespace"] == "berth-vision"
    assert found["users"][0]["user"]["exec"]["command"] == "kubelogin"
    bare = yaml.safe_load(
        kubeconfig_render(cluster="one", server="https://x", ca_pem="", login={}, namespace="n")
    )
    assert bare["users"][0]["user"] == {}
