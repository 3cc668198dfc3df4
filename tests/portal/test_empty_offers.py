"""An empty state offers the one thing that fills it to whoever may do it, and to nobody else."""

from __future__ import annotations

import re

import pytest
from django.test import RequestFactory

from portal.ui.tables import table_build
from tenants.tables import TenantTable
from tests.people import People

OFFERED = re.compile(r'<div class="b-empty">.*?<div class="b-row">(.*?)</div>', re.DOTALL)
ASK, POOL, CLUSTER = "/t/vision/requests/new/", "/ops/pools/new/", "/ops/clusters/new/"
# page of the first day: what it offers, who may do that, and who may only look
OFFERS: dict[str, tuple[set[str], str, str]] = {
    "/ops/": ({POOL, CLUSTER}, "operator", "auditor"),
    "/ops/clusters/": ({CLUSTER}, "operator", "auditor"),
    "/ops/nodes/": ({CLUSTER}, "operator", "auditor"),
    "/ops/pools/": ({POOL}, "operator", "auditor"),
    "/ops/quota/": ({POOL}, "operator", "auditor"),
    "/ops/devices/types/": (
        {"/ops/devices/types/new/", "/ops/devices/mappings/new/"},
        "operator",
        "auditor",
    ),
    "/ops/tokens/": ({"/ops/tokens/new/"}, "operator", "auditor"),
    "/t/vision/quota/panel/": ({"/ops/quota/"}, "operator", "bob"),
    "/t/vision/allocations/": ({ASK}, "alice", "bob"),
    "/t/vision/requests/": ({ASK}, "alice", "bob"),
    "/t/vision/requests/panel/": ({ASK}, "alice", "bob"),
    "/t/vision/held/panel/": ({ASK}, "alice", "bob"),
}


def offered(people: People, who: str, page: str) -> set[str]:
    """Addresses to which the empty states of a page send somebody."""
    body = getattr(people, who).client().get(page).content.decode()
    found = OFFERED.findall(body)
    assert found, page
    return set(re.findall(r'href="([^"]*)"', "".join(found)))


@pytest.mark.parametrize("page", OFFERS)
def test_what_is_offered_can_be_done(people: People, page: str) -> None:
    expected, doer, reader = OFFERS[page]
    assert offered(people, doer, page) == expected
    client = getattr(people, doer).client()
    assert {client.get(link).status_code for link in expected} == {200}
    assert offered(people, reader, page) == set()


def test_a_table_offers_its_action_by_right(people: People, rf: RequestFactory) -> None:
    found = {}
    for name in ("operator", "auditor"):
        request = rf.get("/ops/tenants/")
        request.viewer = getattr(people, name).viewer  # type: ignore[attr-defined]
        empty = table_build(TenantTable, [], request=request).empty
        found[name] = (str(empty.action), empty.url)
    assert found == {
        "operator": ("Create the first tenant", "/ops/tenants/new/"),
        "auditor": ("", ""),
    }
