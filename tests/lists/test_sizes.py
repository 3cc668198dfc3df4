"""Every list at 0, 1, 100 and 10,000 rows: the same queries, an answer that stays small."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.scope import scope
from portal.viewer import Viewer
from tests.lists import rows
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
]


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
