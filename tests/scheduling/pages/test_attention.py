"""What the operators' home says of nodes that fell ill, and that its numbers add up."""

from __future__ import annotations

import re

import pytest

from inventory.choices import ClusterState
from inventory.models import Cluster, Node
from inventory.selectors.nodes import cluster_capacities, pool_capacities
from inventory.selectors.pool_preview import pool_preview
from inventory.selectors.setup import division_of
from portal.scope import scope
from portal.ui.html import status_html
from portal.viewer import Viewer
from scheduling.models import Commitment, NodeCommitment
from scheduling.selectors.capacity import pool_usable
from scheduling.selectors.fleet import fleet_sums
from tests.people import People
from tests.scheduling.pages.seed import H100, Seed, node_make


def test_a_node_that_is_not_ready_is_named_only_while_something_stands_on_it(
    people: People, seed: Seed
) -> None:
    with scope(Viewer.system("tests")):
        for name in ("ams1-sick", "ams1-idle"):
            node_make(seed.cluster, seed.pools["h100"], name, {}, ready=False)
        for holder in ("allocation:1", "allocation:2"):
            for resource in ("cpu", "memory"):
                Commitment.objects.create(
                    holder=holder, tenant_key="vision", cluster=seed.cluster, resource=resource,
                    node_uid="uid-ams1-sick", node_name="ams1-sick", committed=1,
                )  # fmt: skip
    page = people.operator.client().get("/ops/").content.decode()
    assert "Node ams1-sick is not ready" in page
    assert "2 holders have capacity on it" in page
    assert "ams1-idle" not in page


def test_allocated_other_pods_and_free_add_up_to_usable(people: People, seed: Seed) -> None:
    """What is allocated on a node that takes no pods stays allocated, and stands apart."""
    with scope(Viewer.system("tests")):
        node_make(seed.cluster, seed.pools["h100"], "ams1-sick", {H100: 8}, ready=False)
        rooms = NodeCommitment.objects.filter(resource=H100)
        rooms.filter(node_name="ams1-sick").update(committed=2, foreign=3)
        rooms.filter(node_name="ams1-h100-04").update(foreign=5)
    page = people.operator.client().get("/ops/").content.decode()
    foot = re.search(r"<tfoot.*?</tfoot>", page, re.DOTALL)
    assert foot is not None
    cells = re.findall(r'data-label="(.*?)">(.*?)</td>', foot[0], re.DOTALL)
    numbers = {name: [int(n) for n in re.findall(r"\d+", _plain(text))] for name, text in cells}
    allocated, usable, out_of_use = numbers["Devices"]
    assert out_of_use == 2
    assert numbers["Others"] == [5]
    assert allocated + 5 + numbers["Free"][0] == usable
    assert " + 2 out of use, other pods 5" in page
    with scope(Viewer.system("tests")):
        rooms = NodeCommitment.objects.filter(resource=H100)
        assert sum(rooms.values_list("committed", flat=True)) == allocated + 2


def test_nothing_is_free_in_a_cluster_that_takes_nothing(people: People, seed: Seed) -> None:
    with scope(Viewer.system("tests")):
        before = fleet_sums().cluster(seed.cluster.pk)[H100]
        Cluster.objects.filter(pk=seed.cluster.pk).update(state=ClusterState.UNREACHABLE)
        after = fleet_sums().cluster(seed.cluster.pk)[H100]
    assert before.free > 0
    assert (after.free, after.usable, after.in_use) == (0, 0, 0)
    assert (after.installed, after.stranded) == (before.installed, before.committed)


@pytest.mark.parametrize("state", [ClusterState.CONNECTED, ClusterState.UNREACHABLE])
def test_every_page_counts_the_same_as_usable(
    people: People, seed: Seed, state: ClusterState
) -> None:
    """Home, quota, pools, device types, clusters and a pool's preview, and the nodes themselves."""
    pool = seed.pools["h100"]
    with scope(Viewer.system("tests")):
        Cluster.objects.filter(pk=seed.cluster.pk).update(state=state)
        nodes = Node.objects.filter(pool=pool, gone_at=None).select_related("cluster")
        usable = sum(node.allocatable[H100] for node in nodes if node.takes_pods)
        assert bool(usable) is (state == ClusterState.CONNECTED)
        preview = pool_preview(selector=pool.selector, cluster_ids=frozenset(), pool_id=pool.pk)
        found = {
            "fleet": fleet_sums().pool(pool.pk)[H100].usable,
            "promises": pool_usable(pool=pool).get(H100, 0),
            "pools": pool_capacities()[pool.pk].usable.get(H100, 0),
            "clusters": cluster_capacities()[seed.cluster.pk].usable.get(H100, 0),
            "joining": division_of(cluster_id=seed.cluster.pk).capacity.usable.get(H100, 0),
            "preview": preview.capacity.usable.get(H100, 0),
        }
    assert set(found.values()) == {usable}, found


def test_a_cluster_that_is_being_removed_needs_nobody(people: People, seed: Seed) -> None:
    for state in (ClusterState.REMOVING, ClusterState.PAUSED, ClusterState.PENDING):
        _state_set(seed.cluster, state)
        page = people.operator.client().get("/ops/").content.decode()
        assert f"Cluster {seed.cluster.name}: " not in page, state


def test_an_unreachable_cluster_is_critical_and_looks_as_in_the_list(
    people: People, seed: Seed
) -> None:
    client = people.operator.client()
    for state in (ClusterState.UNREACHABLE, ClusterState.CREDENTIAL_EXPIRED):
        before = _critical(client.get("/ops/").content.decode())
        _state_set(seed.cluster, state)
        page = client.get("/ops/").content.decode()
        assert f"Cluster {seed.cluster.name}: {state.label}" in page
        assert _critical(page) == before + 1
        shown = status_html("danger", state.label)
        assert shown in page
        assert shown in client.get("/ops/clusters/").content.decode()
        _state_set(seed.cluster, ClusterState.CONNECTED)


def _state_set(cluster: Cluster, state: ClusterState) -> None:
    with scope(Viewer.system("tests")):
        Cluster.objects.filter(pk=cluster.pk).update(state=state)


def _critical(page: str) -> int:
    found = re.search(r"(\d+) critical", page)
    return int(found[1]) if found else 0


def _plain(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)
