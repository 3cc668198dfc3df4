"""Every list at 0, 1, 100 and 10,000 rows: the same queries, an answer that stays small."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from portal.scope import scope
from portal.viewer import Viewer
from tests.browser.catalogue import NO_PAGES, PAGES
from tests.browser.world import World, world_make
from tests.lists import rows, rows_quota
from tests.lists.shown import shows_rows
from tests.people import People

TRANSACTION_CONTROL = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SELECT set_config)")
MOST_QUERIES = 14
LEAST_QUERIES = 8  # what the shell and one look cost; one row alone may need fewer
MOST_BYTES = 60_000  # compressed, as it goes over the wire
MOST_ROWS = 220  # a page or two small lists, with heads and sums


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: where, who looks, how rows come to be, and what stands there when there are none.

    `empty` is the sentence of the empty list ("" where it never is), `action` the address to which
    it sends people; `huge` says that ten thousand rows are a case that may come.
    """

    path: str
    who: str
    make: Callable[[int, People], Any]
    empty: str = ""
    action: str = ""
    huge: bool = True


LISTS = [
    Listed("/t/vision/tokens/", "alice", rows.tokens, "No tokens yet", "/t/vision/tokens/new/"),
    Listed("/t/vision/members/", "alice", rows.members),
    Listed("/t/vision/members/panel/", "alice", rows.members),
    Listed("/ops/users/", "operator", rows.people_made),
    Listed("/ops/tenants/", "operator", rows.tenants),
    Listed("/ops/nodes/", "operator", rows.nodes, "No nodes", "/ops/clusters/"),
    Listed("/ops/clusters/", "operator", rows.clusters, "No cluster", "/ops/clusters/new/", False),
    Listed("/ops/pools/", "operator", rows.pools, "No pools yet", "/ops/pools/new/", False),
    Listed("/ops/devices/types/", "operator", rows.device_types, "No device types yet", "", False),
    Listed("/ops/quota/", "operator", rows.quota),
    Listed(
        "/t/vision/allocations/",
        "alice",
        rows.allocations,
        "You hold nothing yet",
        "/t/vision/requests/new/",
    ),
    Listed("/ops/allocations/", "operator", rows.allocations, "No allocations yet"),
    Listed("/ops/drift/", "operator", rows.drifts, "No drift"),
    Listed("/jobs/", "operator", rows.jobs, "No jobs"),
    Listed("/t/vision/jobs/", "alice", rows.jobs, "No jobs"),
    Listed("/t/vision/held/panel/", "alice", rows.allocations),
    Listed(
        "/t/vision/requests/",
        "alice",
        rows.requests,
        "Nothing was asked for yet",
        "/t/vision/requests/new/",
    ),
    Listed("/ops/queue/", "operator", rows.requests, "Nothing", huge=False),
    Listed("/settings/notices/", "alice", rows.notices),
    Listed("/ops/audit/", "operator", rows.acts),
    Listed("/ops/tokens/", "operator", rows.platform_tokens, "No tokens yet", "/ops/tokens/new/"),
    # A person keeps at most thirty.
    Listed("/settings/views/", "alice", rows.views, "No saved views yet", huge=False),
    Listed("/t/vision/activity/", "alice", rows.acts),
    Listed("/t/vision/activity/panel/", "alice", rows.acts),
    # As many as there are pools and kinds of devices.
    Listed("/t/vision/quota/", "alice", rows_quota.own, "No quota yet", huge=False),
    Listed("/t/vision/quota/panel/", "operator", rows_quota.own, huge=False),
    Listed("/t/vision/now/panel/", "alice", rows_quota.own, huge=False),
    Listed("/t/vision/quota/home/", "alice", rows_quota.own, "No quota yet", huge=False),
    Listed("/t/vision/requests/new/", "alice", rows_quota.own, huge=False),
    Listed("/ops/tenants/vision/limits/", "operator", rows_quota.own, huge=False),
    Listed("/ops/", "operator", rows.clusters, huge=False),
    Listed(f"/ops/quota/{rows_quota.NUMBER}/", "operator", rows_quota.history),
    Listed("/t/vision/requests/panel/", "alice", rows.requests),
    Listed("/ops/queue/panel/", "operator", rows.requests, huge=False),
    Listed("/search/?q=organisation", "operator", rows.tenants),
    Listed("/search/quick/?q=organisation", "operator", rows.tenants),
    Listed("/ops/clusters/site-0/nodes/", "operator", rows.nodes),
    # A kubelet runs a hundred and ten.
    Listed("/ops/nodes/site-0/node-00000/", "operator", rows.pods, huge=False),
]
ONE = "what belongs to one thing, and no more of it than was asked for"
# What shows rows, or is fetched by a page, and has no sizes of its own.
NOT_WEIGHED = {
    "allocation_page": ONE,
    "cluster_page": "its nodes are fetched as cluster_nodes; of its jobs the latest few",
    "cluster_setup": "the rights that Berth needs, however many it lacks",
    "job_page": "the steps of one job, and the last lines of its log",
    "job_part": "the same, for other pages",
    "pool_preview": "of the nodes that would belong to it the first few",
    "queue_one": "one request beside the queue",
    "quota_effect": "the numbers that were typed",
    "ops_counts": "the bell and the numbers beside places",
    "tenant_counts": "the same, of a tenant",
    "request_devices": "device types of one pool",
    "request_draft": "whether it was kept",
    "request_edit": "the form of request_new",
    "request_now": ONE,
    "request_page": ONE,
    "request_preview": ONE,
    "user_page": "the tenants of one person",
}


@dataclass(frozen=True, slots=True)
class Weight:
    """What a page costs: queries, rows of tables, bytes over the wire."""

    queries: int
    rows: int
    bytes: int


def weighed(people: People, listed: Listed, count: int) -> Weight:
    """Look at a list of so many rows, which are taken back."""
    client = getattr(people, listed.who).client()
    with transaction.atomic():
        with scope(Viewer.system("tests")):
            listed.make(count, people)
        client.get(listed.path)  # what is kept in memory is there then
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(listed.path)
        transaction.set_rollback(True)
    assert answer.status_code == 200
    counted = [q["sql"] for q in queries if not TRANSACTION_CONTROL.match(q["sql"])]
    text = answer.content.decode()
    return Weight(len(counted), text.count("<tr"), len(gzip.compress(text.encode())))


@pytest.mark.parametrize(
    "listed", [each for each in LISTS if each.empty], ids=lambda each: each.path
)
def test_an_empty_list_says_what_it_is_and_what_fills_it(people: People, listed: Listed) -> None:
    text = getattr(people, listed.who).client().get(listed.path).content.decode()
    _before, _box, after = text.partition('class="b-empty"')
    said = after.partition("as-code")[0]
    assert listed.empty in said
    assert f'href="{listed.action}' in said or not listed.action


@pytest.mark.parametrize("listed", LISTS, ids=lambda each: each.path)
def test_a_hundred_rows_cost_as_few_queries_as_one(people: People, listed: Listed) -> None:
    one, hundred = weighed(people, listed, 1), weighed(people, listed, 100)
    assert hundred.queries <= max(one.queries, LEAST_QUERIES) <= MOST_QUERIES
    assert hundred.rows <= MOST_ROWS
    assert hundred.bytes < MOST_BYTES


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "listed", [each for each in LISTS if each.huge], ids=lambda each: each.path
)
def test_ten_thousand_rows_are_no_larger_than_a_hundred(people: People, listed: Listed) -> None:
    hundred, huge = weighed(people, listed, 100), weighed(people, listed, 10_000)
    assert huge.queries <= hundred.queries
    assert huge.rows <= hundred.rows
    assert huge.bytes < hundred.bytes * 1.2


@pytest.mark.django_db
def test_every_page_with_rows_is_weighed_or_says_why_not(people: People) -> None:
    """Each page of the catalogue that shows rows, and each fragment that pages fetch."""
    weighed_here = {resolve(each.path.partition("?")[0]).url_name for each in LISTS}
    fragments = {name for name, why in NO_PAGES.items() if why == "fragment"}
    rows_on = routes_with_rows(people, world_make(people)) | fragments
    assert rows_on - weighed_here - set(NOT_WEIGHED) == set(), "weigh it in LISTS"
    assert set(NOT_WEIGHED) - (rows_on - weighed_here) == set(), "these say why not for nothing"


def routes_with_rows(people: People, world: World) -> set[str]:
    """Pages of the catalogue on which rows of something stand."""
    clients: dict[str, Client] = {}
    found = set()
    for row in PAGES:
        who = getattr(people, row.who, getattr(world, row.who, None))
        if row.who not in clients:
            clients[row.who] = who.client() if who else Client()
        answer = clients[row.who].get(row.path.format(**world.names()))
        if answer.status_code == 200 and shows_rows(answer.content.decode()):
            found.add(row.route)
    return found
