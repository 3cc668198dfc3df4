"""A mirror that still shows a pod of an allocation that has given everything back."""

from __future__ import annotations

import pytest

from inventory.choices import FactKind
from inventory.models import Node
from scheduling.engine import Placement
from scheduling.models import Allocation, Commitment, NodeCommitment, TenantNamespace
from scheduling.services.commitments import commitments_drop, commitments_take
from scheduling.services.projector import nodes_project
from tests.scheduling.facts import GPU, Rows, ask, committed, rows_make
from tests.scheduling.world import system

pytestmark = pytest.mark.django_db
SPACE = "berth-vision"


@pytest.fixture
def rows() -> Rows:
    """Two nodes."""
    return rows_make("n1", "n2")


@pytest.fixture
def held(rows: Rows) -> Allocation:
    """A workload of one pod on n1."""
    held = ask("held", devices=2)
    with system():
        space = TenantNamespace.objects.create(
            tenant_key="vision", cluster=rows.cluster, kind="managed", name=SPACE, uid=SPACE
        )
        Allocation.objects.filter(pk=held.pk).update(
            state="active", cluster=rows.cluster, namespace=space
        )
        node = Node.objects.get(name="n1")
        commitments_take(
            holder=held.holder,
            tenant_key="vision",
            cluster=rows.cluster,
            placements=[Placement(node.uid, "n1", rows.cluster.name, 1)],
            shape={GPU: 2, "pods": 1},
        )
    rows.pod("held-0", "n1", devices=2, namespace=SPACE, holder=held.pk)
    return held


def test_room_that_a_late_pod_brings_back_goes_with_it(rows: Rows, held: Allocation) -> None:
    assert committed(held.holder) == {"n1": (2, 2)}
    with system():
        Allocation.objects.filter(pk=held.pk).update(state="released")
        commitments_drop(holder=held.holder)
        nodes_project(cluster_id=rows.cluster.pk, node_names=["n1"])
    assert committed(held.holder) == {"n1": (2, 2)}  # it may still be there
    rows.gone(FactKind.PODS, "held-0")
    with system():
        assert not Commitment.objects.filter(holder=held.holder).exists()
        assert set(NodeCommitment.objects.values_list("committed", flat=True)) == {0}


def test_room_that_waits_for_a_pod_stays_promised(rows: Rows, held: Allocation) -> None:
    rows.gone(FactKind.PODS, "held-0")
    assert committed(held.holder) == {"n1": (2, 0)}
    rows.pod("held-0", "n2", devices=2, namespace=SPACE, holder=held.pk)
    assert committed(held.holder) == {"n2": (2, 2)}
