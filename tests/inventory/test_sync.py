"""The mirror: what changed is written, nothing else is, and everybody who should hears of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import labels, projection
from inventory.k8s.records import NamespaceRecord, NodeRecord, PodRecord, Record
from inventory.models import Cluster, Namespace, NamespaceClaim, Node, Pod, Pool
from inventory.models.fact import Fact
from inventory.projection import Changes
from inventory.services.namespaces import namespace_claim_write
from inventory.sync import apply_batch
from portal.models import AuditEntry, JobRun
from portal.scope import scope
from portal.viewer import Viewer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CPU_NODE = {"cpu": 32_000, "memory": 128 * 2**30, "pods": 110}


def node(n: int, *, version: int = 1, **changes: object) -> NodeRecord:
    values: dict[str, object] = {
        "uid": f"node-{n}",
        "name": f"n{n}",
        "resource_version": str(version),
        "labels": {"zone": "a"},
        "taints": [],
        "ready": True,
        "schedulable": True,
        "allocatable": CPU_NODE,
        "capacity": CPU_NODE,
        "conditions": [],
        "info": {},
    }
    return NodeRecord(**values | changes)  # type: ignore[arg-type]


def pod(n: int, *, version: int = 1, **changes: object) -> PodRecord:
    values: dict[str, object] = {
        "uid": f"pod-{n}",
        "name": f"p{n}",
        "namespace": f"s{n % 50}",
        "resource_version": str(version),
        "labels": {},
        "node_name": f"n{n % 500}",
        "phase": "Running",
        "ready": True,
        "reason": "",
        "message": "",
        "restarts": 0,
        "requests": {"cpu": 500, "memory": 2**30},
        "holder": "",
        "owner_kind": "",
        "owner_name": "",
    }
    return PodRecord(**values | changes)  # type: ignore[arg-type]


def namespace(name: str, *, version: int = 1, **marks: str) -> NamespaceRecord:
    return NamespaceRecord(
        uid=f"ns-{name}",
        name=name,
        resource_version=str(version),
        labels={f"berth.dev/{key}": value for key, value in marks.items()},
        annotations={},
        phase="Active",
    )


@pytest.fixture
def cluster(system_scope: Viewer) -> Cluster:
    return Cluster.objects.create(name="one", title="One", server_url="https://api.example")


@dataclass
class Writes:
    """What a block did to tables of facts."""

    statements: list[str] = field(default_factory=list)
    seconds: float = 0.0


@contextmanager
def writes() -> Iterator[Writes]:
    """Count the statements that write, savepoints and settings aside."""
    found, began = Writes(), time.monotonic()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        yield found
    found.seconds = time.monotonic() - began
    verbs = ("INSERT", "UPDATE", "DELETE")
    found.statements = [
        q["sql"][:80] for q in captured.captured_queries if q["sql"].startswith(verbs)
    ]


def apply(cluster: Cluster, kind: str, records: list[Record], **more: object) -> Changes[Fact]:
    return apply_batch(
        cluster_id=cluster.pk,
        kind=kind,
        upserts=records,
        now=NOW,
        **more,  # type: ignore[arg-type]
    )


def test_five_hundred_nodes_and_five_thousand_pods_come_in_once(cluster: Cluster) -> None:
    nodes: list[Record] = [node(n) for n in range(500)]
    pods: list[Record] = [pod(n) for n in range(5000)]
    with writes() as first:
        assert len(apply(cluster, "nodes", nodes, full=True).items) == 500
        assert len(apply(cluster, "pods", pods, full=True).items) == 5000
    assert Node.objects.count() == 500
    assert Pod.objects.count() == 5000
    ours = [sql for sql in first.statements if '"inventory_' in sql]
    assert len(ours) <= 13  # one for a batch of 500 rows, not one a row
    assert first.seconds < 60
    with writes() as second:
        apply(cluster, "nodes", nodes, full=True)
        apply(cluster, "pods", pods, full=True)
    assert second.statements == []


def test_a_new_version_without_news_writes_nothing(cluster: Cluster) -> None:
    apply(cluster, "nodes", [node(1)])
    with writes() as found:
        assert not apply(cluster, "nodes", [node(1, version=2)])
        assert not apply(cluster, "nodes", [node(1, version=3)], full=True)
    assert found.statements == []


def test_a_relist_writes_what_changed_and_removes_what_is_gone(cluster: Cluster) -> None:
    apply(cluster, "pods", [pod(n) for n in range(10)], full=True)
    rest: list[Record] = [pod(n) for n in range(1, 9)]
    changes = apply(cluster, "pods", [*rest, pod(9, version=2, phase="Failed")], full=True)
    assert {c.row.uid for c in changes if c.after is None} == {"pod-0"}
    assert [c.row.uid for c in changes if c.after is not None] == ["pod-9"]
    assert Pod.objects.get(uid="pod-9").phase == "Failed"


def test_a_replayed_older_event_is_passed_over(cluster: Cluster) -> None:
    apply(cluster, "pods", [pod(1, version=7, phase="Succeeded")])
    assert not apply(cluster, "pods", [pod(1, version=6)])
    assert Pod.objects.get().phase == "Succeeded"


def test_a_restored_cluster_that_counts_from_lower_is_believed(cluster: Cluster) -> None:
    apply(cluster, "pods", [pod(1, version=900)])
    apply(cluster, "pods", [pod(1, version=5)], full=True)
    apply(cluster, "pods", [pod(1, version=6, phase="Failed")])
    assert Pod.objects.get().phase == "Failed"


def test_the_last_word_about_an_object_counts(cluster: Cluster) -> None:
    apply(cluster, "pods", [pod(1), pod(1, version=3, phase="Failed")])
    assert Pod.objects.get().phase == "Failed"


def test_a_node_that_comes_again_under_its_name_is_another_one(cluster: Cluster) -> None:
    apply(cluster, "nodes", [node(1)])
    apply(cluster, "nodes", [node(1, uid="new", version=5)])
    assert Node.objects.get(gone_at=None).uid == "new"
    assert Node.objects.get(uid="node-1").gone_at == NOW


def test_a_node_that_is_gone_keeps_its_row(cluster: Cluster) -> None:
    apply(cluster, "nodes", [node(1), node(2)], full=True)
    changes = apply(cluster, "nodes", [node(2)], full=True)
    assert [c.row.name for c in changes] == ["n1"]
    assert not apply(cluster, "nodes", [node(2)], full=True)
    assert Node.objects.get(uid="node-1").gone_at == NOW


def test_two_clusters_do_not_mix(cluster: Cluster) -> None:
    other = Cluster.objects.create(name="two", title="Two", server_url="https://b.example")
    apply(cluster, "pods", [pod(1)], full=True)
    apply(other, "pods", [pod(1)], full=True)
    apply(other, "pods", [], full=True)
    assert Pod.objects.get().cluster == cluster


def test_projectors_see_before_and_after_and_may_undo_it(cluster: Cluster) -> None:
    seen: list[tuple[str | None, str | None]] = []

    def projector(changes: Changes[Fact]) -> None:
        for change in changes:
            before, after = change.before, change.after
            seen.append(
                (
                    before.phase if isinstance(before, Pod) else None,
                    after.phase if isinstance(after, Pod) else None,
                )
            )
            if isinstance(after, Pod) and after.phase == "Failed":
                raise RuntimeError

    projection.register("pods", projector)
    try:
        apply(cluster, "pods", [pod(1)])
        apply(cluster, "pods", [pod(1, version=2, phase="Succeeded")])
        apply(cluster, "pods", [], deletes=["pod-1", "never seen"])
        apply(cluster, "pods", [pod(2)])
        with pytest.raises(RuntimeError):
            apply(cluster, "pods", [pod(2, version=2, phase="Failed")])
    finally:
        projection._projectors["pods"].remove(projector)
    assert seen[:3] == [(None, "Running"), ("Running", "Succeeded"), ("Succeeded", None)]
    assert Pod.objects.get(uid="pod-2").phase == "Running"


def test_what_a_list_has_and_could_not_be_read_stays(cluster: Cluster) -> None:
    apply(cluster, "nodes", [node(1), node(2), node(3)])
    apply(cluster, "nodes", [node(1)], full=True, unreadable=["node-2"])
    assert standing() == ["n1", "n2"]
    apply(cluster, "nodes", [], full=True, unreadable=["node-1", "node-2"], deletes=["node-2"])
    assert standing() == ["n1"]
    apply(cluster, "nodes", [], full=True)
    assert standing() == []


def test_an_object_without_a_readable_uid_may_be_any(cluster: Cluster) -> None:
    apply(cluster, "nodes", [node(1), node(2), node(3)])
    apply(cluster, "nodes", [node(1)], full=True, unreadable=[""], deletes=["node-3"])
    assert standing() == ["n1", "n2"]


def standing() -> list[str]:
    return sorted(Node.objects.filter(gone_at=None).values_list("name", flat=True))


def claim(cluster: Cluster, name: str, **changes: str) -> NamespaceClaim:
    values = {"tenant_key": "vision", "kind": "managed", "pool_name": ""} | changes
    return namespace_claim_write(
        cluster_id=cluster.pk,
        uid=f"ns-{name}",
        name=name,
        **values,  # type: ignore[arg-type]
    )


def test_a_label_in_the_cluster_gives_nobody_a_namespace(cluster: Cluster) -> None:
    apply(cluster, "namespaces", [namespace("s1", tenant="vision", kind="managed")])
    apply(cluster, "pods", [pod(1)])
    assert Namespace.objects.get().tenant_key == ""
    assert Pod.objects.get().tenant_key == ""


def test_berths_own_word_gives_it_whichever_comes_first(cluster: Cluster) -> None:
    apply(cluster, "pods", [pod(1)])
    apply(cluster, "namespaces", [namespace("s1", tenant="vision", kind="managed")])
    claim(cluster, "s1")
    assert Namespace.objects.get().tenant_key == "vision"
    assert Pod.objects.get().tenant_key == "vision"
    claim(cluster, "s2")
    apply(cluster, "pods", [pod(2)])
    apply(cluster, "namespaces", [namespace("s2", tenant="vision", kind="managed")])
    assert set(Pod.objects.values_list("tenant_key", flat=True)) == {"vision"}
    apply(cluster, "pods", [pod(52)])
    assert Pod.objects.get(uid="pod-52").tenant_key == "vision"


def test_a_namespace_made_again_by_somebody_else_is_not_ours(cluster: Cluster) -> None:
    claim(cluster, "s1")
    foreign = msgspec.structs.replace(namespace("s1", tenant="vision"), uid="other")
    apply(cluster, "namespaces", [foreign])
    apply(cluster, "pods", [pod(1)])
    assert Pod.objects.get().tenant_key == ""


def test_an_edit_of_berths_labels_is_drift_and_is_recorded_once(cluster: Cluster) -> None:
    claim(cluster, "s1")
    apply(cluster, "namespaces", [namespace("s1", tenant="vision", kind="managed")])
    assert not Namespace.objects.get().labels_differ
    apply(cluster, "namespaces", [namespace("s1", version=2, tenant="speech", kind="managed")])
    apply(cluster, "namespaces", [namespace("s1", version=3, tenant="other", kind="managed")])
    found = Namespace.objects.get()
    assert (found.tenant_key, found.labels_differ) == ("vision", True)
    entry = AuditEntry.objects.get(verb="namespace.labels_differ")
    assert entry.tenant_key == "vision"
    assert entry.after[labels.TENANT] == "speech"


def test_nodes_fall_into_pools_and_are_to_be_labelled_once(cluster: Cluster) -> None:
    terms = [{"key": "zone", "operator": "In", "values": ["a"]}]
    pool = Pool.objects.create(name="a", title="A", ordering=1, selector=terms)
    apply(cluster, "nodes", [node(1), node(2, labels={})])
    assert Node.objects.get(name="n1").pool == pool
    assert Node.objects.get(name="n2").pool is None
    job = JobRun.objects.get(kind="pool.label")
    assert job.args == {"cluster_id": cluster.pk, "cluster": cluster.name}
    job.state = "succeeded"
    job.save()
    apply(cluster, "nodes", [node(1, version=2, ready=False)])
    apply(cluster, "nodes", [node(1, version=3, labels={"zone": "a", labels.POOL: "a"})])
    assert JobRun.objects.count() == 1


def test_a_tenants_pods_are_seen_by_the_tenant_alone(cluster: Cluster) -> None:
    claim(cluster, "s1")
    apply(cluster, "namespaces", [namespace("s1", tenant="vision", kind="managed")])
    apply(cluster, "pods", [pod(1), pod(2)])
    viewer = Viewer(user_id=1, label="v", kind="user", tenant_keys=frozenset({"vision"}))
    charlie = Viewer(user_id=2, label="c", kind="user", tenant_keys=frozenset({"speech"}))
    with scope(viewer):
        assert [p.name for p in Pod.objects.all()] == ["p1"]
    with scope(charlie):
        assert list(Pod.objects.all()) == []
        assert list(NamespaceClaim.objects.all()) == []
