"""Lists are filtered by what there is: chosen where it fits a list, else typed."""

from __future__ import annotations

import re

import pytest

from portal.scope import scope
from portal.viewer import Viewer
from scheduling import filters
from tests.people import People
from tests.scheduling.pages.seed import Seed
from tests.scheduling.pages.test_pages import MOST_QUERIES, statements

pytestmark = pytest.mark.django_db(transaction=True)


def options(body: str, name: str) -> list[str]:
    """What a list of the filter bar offers; nothing where there is no such list."""
    found = re.search(rf'<select name="{name}".*?</select>', body, re.S)
    return re.findall(r'<option value="([^"]+)"', found[0]) if found else []


@pytest.mark.parametrize("page", ["/ops/allocations/", "/ops/drift/"])
def test_tenants_and_clusters_are_chosen(people: People, seed: Seed, page: str) -> None:
    client = people.auditor.client()
    body = client.get(page).text
    assert options(body, "tenant") == ["aurora", "borealis", "speech", "vision"]
    assert "lab-3" in options(body, "cluster")
    assert len(statements(client, page)) <= MOST_QUERIES


def test_the_pool_is_chosen_from_those_that_there_are(people: People, seed: Seed) -> None:
    for person, page in ((people.operator, "/ops/"), (people.bob, "/t/vision/")):
        body = person.client().get(f"{page}allocations/").text
        assert options(body, "pool") == [pool.name for pool in seed.pools.values()]
    body = people.bob.client().get("/t/vision/requests/").text
    assert options(body, "pool") == [pool.name for pool in seed.pools.values()]


def test_a_branch_is_chosen_and_holds_what_stands_below(people: People, seed: Seed) -> None:
    body = people.operator.client().get("/ops/allocations/?below=aurora&state=live").text
    assert '<option value="aurora" selected>' in body
    assert seed.active.name in body
    assert seed.foreign.name not in body


def test_more_tenants_than_a_list_shows_are_typed(
    people: People, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "MOST_TENANTS", 3)
    page = "/ops/allocations/?tenant=vision"
    body = people.operator.client().get(page).text
    assert options(body, "tenant") == []
    assert 'name="tenant" value="vision"' in body
    assert seed.active.name in body
    assert seed.foreign.name not in body


def test_only_tenants_that_the_viewer_sees_are_offered(people: People, seed: Seed) -> None:
    with scope(people.alice.viewer):
        keys = filters._tenant_keys(_Asked(people.alice.viewer))
    assert keys == ["vision"]


class _Asked:
    """A set of filters as far as the list of tenants reads it."""

    def __init__(self, viewer: Viewer) -> None:
        self.request = type("Request", (), {"viewer": viewer})()
