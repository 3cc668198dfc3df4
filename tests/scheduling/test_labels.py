"""A label of Berth's in a namespace or cluster where Berth does not stand for it means nothing."""

from __future__ import annotations

import pytest

from inventory.choices import ClusterState
from inventory.models import Cluster, Namespace, WorkloadFact
from inventory.services.removal import cluster_wipe
from portal.models import JobRun
from scheduling.models import Allocation, ClaimInterval, NodeCommitment, TenantNamespace
from scheduling.selectors.allocation_list import allocation_get, pods_by_node
from scheduling.selectors.stuck import allocations_stuck
from scheduling.services.allocations import REPLACE
from scheduling.services.patrol import ORPHAN, orphans_watch, stuck_watch
from tests.scheduling.facts import GPU, Rows, ask, rows_make
from tests.scheduling.world import now, system

pytestmark = pytest.mark.django_db
STUCK = {
    "phase": "Pending",
    "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
}
OPEN = "berth-vision-h100"


@pytest.fixture
def rows() -> Rows:
    """One node."""
    return rows_make("n1")


@pytest.fixture
def held(rows: Rows) -> Allocation:
    """A workload that stands in vision's managed namespace; there is an open one beside it."""
    held = ask("held", devices=2)
    with system():
        space, _opened = (
            TenantNamespace.objects.create(
                tenant_key="vision", cluster=rows.cluster, kind=kind, pool=pool, name=name, uid=name
            )
            for kind, pool, name in (
                ("managed", None, "berth-vision"),
                ("open", held.pool, OPEN),
            )
        )
        Allocation.objects.filter(pk=held.pk).update(
            state="active", cluster=rows.cluster, namespace=space
        )
        JobRun.objects.update(state="succeeded")
        for name in ("berth-vision", OPEN):
            Namespace.objects.create(
                cluster=rows.cluster,
                uid=name,
                name=name,
                tenant_key="vision",
                resource_version="1",
                seen_at=now(),
            )
    return held


def other_cluster() -> Rows:
    """A cluster of somebody's, with a namespace of the same name."""
    with system():
        cluster = Cluster.objects.create(
            name="two", title="two", server_url="https://two:1", state=ClusterState.CONNECTED
        )
    return Rows(cluster)


def test_a_stuck_pod_counts_for_the_allocation_that_it_stands_for(
    rows: Rows, held: Allocation
) -> None:
    rows.pod("mine", "", namespace="berth-vision", holder=held.pk, status=STUCK)
    stuck_watch(now())
    with system():
        assert [a.pk for a in allocations_stuck(now=now())] == [held.pk]
        assert JobRun.objects.filter(kind=REPLACE, key=held.job_key).count() == 1


@pytest.mark.parametrize("where", ["default", OPEN])
def test_a_stuck_pod_that_only_wears_the_label_moves_nobody(
    rows: Rows, held: Allocation, where: str
) -> None:
    rows.pod("forged", "", namespace=where, holder=held.pk, status=STUCK)
    other_cluster().pod("far", "", namespace="berth-vision", holder=held.pk, status=STUCK)
    stuck_watch(now())
    with system():
        assert not JobRun.objects.filter(kind=REPLACE).exists()


def test_an_allocations_page_shows_its_own_pods_alone(rows: Rows, held: Allocation) -> None:
    rows.pod("mine", "n1", namespace="berth-vision", holder=held.pk)
    rows.pod("forged", "n1", namespace="default", holder=held.pk)
    rows.pod("posing", "n1", namespace=OPEN, holder=held.pk)
    other_cluster().pod("far", "n1", namespace="berth-vision", holder=held.pk)
    with system() as viewer:
        found = allocation_get(allocation_id=held.pk, viewer=viewer)
    assert [pod["name"] for pods in pods_by_node(found).values() for pod in pods] == ["mine"]


def test_every_pod_of_an_open_namespace_shows_whatever_label_it_wears(
    rows: Rows, held: Allocation
) -> None:
    opened = ask("room", devices=2, kind="open")
    with system():
        space = TenantNamespace.objects.get(name=OPEN)
        Allocation.objects.filter(pk=opened.pk).update(
            state="active", cluster=rows.cluster, namespace=space
        )
    for name, holder in (("plain", ""), ("posing", held.pk)):
        rows.pod(name, "n1", namespace=OPEN, holder=holder)
    with system() as viewer:
        found = allocation_get(allocation_id=opened.pk, viewer=viewer)
    shown = [pod["name"] for pods in pods_by_node(found).values() for pod in pods]
    assert shown == ["plain", "posing"]


def test_the_log_of_claims_believes_no_label_in_an_open_namespace(
    rows: Rows, held: Allocation
) -> None:
    rows.pod("mine", "n1", namespace="berth-vision", holder=held.pk)
    rows.pod("posing", "n1", namespace=OPEN, holder=held.pk)
    with system():
        found = dict(ClaimInterval.objects.values_list("pod_name", "allocation_id"))
        opened = ClaimInterval.objects.get(pod_name="posing").holder
    assert found == {"mine": held.pk, "posing": None}
    assert opened.startswith("namespace:")


def test_a_label_that_is_no_number_of_an_allocation_is_somebody_elses_pod(
    rows: Rows, held: Allocation
) -> None:
    for name, label in (("long", "9" * 63), ("word", "a" * 40), ("mine", str(held.pk))):
        rows.pod(name, "n1", devices=1, namespace="berth-vision", holder=label)
    with system():
        row = NodeCommitment.objects.get(node_name="n1", resource=GPU)
        found = dict(ClaimInterval.objects.values_list("pod_name", "allocation_id"))
    assert row.foreign == 2
    assert found["mine"] == held.pk


def test_no_claim_stays_open_when_its_cluster_is_removed(rows: Rows, held: Allocation) -> None:
    rows.pod("mine", "n1", namespace="berth-vision", holder=held.pk)
    with system():
        assert ClaimInterval.objects.filter(to_at=None).exists()
        cluster_wipe(cluster_id=rows.cluster.pk)
        assert not ClaimInterval.objects.filter(to_at=None).exists()


@pytest.mark.parametrize(("where", "asked"), [("berth-vision", 1), (OPEN, 0), ("default", 0)])
def test_only_left_over_objects_where_it_stood_are_swept(
    rows: Rows, held: Allocation, where: str, asked: int
) -> None:
    with system():
        Allocation.objects.filter(pk=held.pk).update(state="released")
        WorkloadFact.objects.create(
            cluster=rows.cluster,
            uid="left",
            name="left",
            namespace=where,
            kind="StatefulSet",
            tenant_key="vision",
            labels={"berth.dev/allocation": str(held.pk)},
            resource_version="1",
            seen_at=now(),
        )
    orphans_watch(now())
    with system():
        assert JobRun.objects.filter(kind=ORPHAN).count() == asked
