"""Setting quota and moving tenants at the same time: a parent always covers its children."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from inventory.models import Cluster, Pool
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Quota, QuotaNode
from scheduling.services.quota import QuotaEdit, quota_set
from tenants.services.tree import tenant_move
from tests.people import People
from tests.portal.together import overlapped
from tests.scheduling.pages.seed import cluster_make, node_make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pooled(people_committed: People) -> People:
    """A pool with a node; aurora has quota for its children, borealis has none."""
    with scope(Viewer.system("tests")) as viewer:
        pool = Pool.objects.create(name="h100", title="H100", ordering=1)
        cluster = cluster_make("ams-1", seen=people_committed.operator.user.date_joined)
        node_make(cluster, pool, "n-1", {})
        quota_set(edits=[QuotaEdit("aurora", "h100", "cpu", 8000)], why="tests", viewer=viewer)
    return people_committed


def give(people: People) -> Callable[[], object]:
    """Guarantee vision what aurora has."""
    edits = [QuotaEdit("vision", "h100", "cpu", 8000)]
    viewer = people.operator.viewer
    return lambda: quota_set(edits=edits, why="tests", viewer=viewer)


def move(people: People) -> Callable[[], object]:
    """Move vision from aurora to borealis."""
    viewer = people.operator.viewer
    return lambda: tenant_move(key="vision", parent_key="borealis", viewer=viewer)


def both(people: People, first: Callable[[], Any], second: Callable[[], Any]) -> list[str]:
    """What each came to; the second begins while the first is done but not committed."""
    viewer = people.operator.viewer
    return overlapped((viewer, first), (viewer, second))


def children_are_covered() -> bool:
    """Whether no parent's amount is below the sum of its children's."""
    with scope(Viewer.system("tests")):
        given = {quota.node_id: quota.guaranteed for quota in Quota.objects.all()}
        return all(
            sum(given.get(child.pk, 0) for child in node.children.all()) <= given.get(node.pk, 0)
            for node in QuotaNode.objects.all()
        )


def test_a_tenant_that_is_being_given_quota_does_not_move(pooled: People) -> None:
    assert both(pooled, give(pooled), move(pooled)) == ["done", "conflict"]
    assert children_are_covered()


def test_quota_for_a_tenant_that_is_moving_is_measured_at_its_new_parent(pooled: People) -> None:
    assert both(pooled, move(pooled), give(pooled)) == ["done", "quota.children"]
    assert children_are_covered()


def test_edits_of_two_pools_do_not_wait_for_each_other(pooled: People) -> None:
    with scope(Viewer.system("tests")):
        cpu = Pool.objects.create(name="cpu", title="CPU", ordering=2)
        node_make(Cluster.objects.get(), cpu, "n-2", {})
    viewer = pooled.operator.viewer

    def other() -> str:
        try:
            with scope(viewer):
                edits = [QuotaEdit("borealis", "cpu", "cpu", 1000)]
                quota_set(edits=edits, why="tests", viewer=viewer)
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as workers, scope(viewer):
        give(pooled)()
        assert workers.submit(other).result(timeout=20) == "done"  # while ours is still open


def test_the_page_offers_only_places_that_would_be_accepted(pooled: People) -> None:
    client = pooled.operator.client()
    page = client.get("/ops/tenants/vision/move/")
    offered = [key for key, _title in page.context["form"].fields["parent"].choices]
    assert offered == ["", "-", "borealis", "speech"]  # neither where it is nor below itself
    assert client.post("/ops/tenants/vision/move/", {"parent": ""}).status_code == 422
    with scope(pooled.operator.viewer):
        give(pooled)()
    full = client.get("/ops/tenants/vision/move/").content.decode()
    assert "can’t be moved now" in full
    assert 'name="parent"' not in full
    assert re.search(r'\?pool=\w+">[^<]+</a><span class="b-dim">Computer Vision<', full), (
        "which it is"
    )
    assert client.post("/ops/tenants/vision/move/", {"parent": "borealis"}).status_code == 409
