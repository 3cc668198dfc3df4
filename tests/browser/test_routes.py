"""Every page of the program is in the sweep, opens, and costs few queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from types import MappingProxyType

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver, resolve

from inventory.models import Cluster
from portal.scope import scope
from portal.ui.nav import ITEMS, Area, nav_groups
from portal.viewer import Viewer
from tests.browser.catalogue import NO_PAGES, PAGES, Row, T
from tests.browser.states import EMPTY, FORBIDDEN, STALE
from tests.browser.world import World, world_make
from tests.people import People, Someone

MOST_QUERIES = 12
TRANSACTION_CONTROL = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|SELECT set_config)")
NOT_OURS = ("api/v1/", "ui/gallery/", "accounts/social/")  # REST; debug only; other names of pages


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Names of all addresses that may show a page."""
    for pattern in resolver.url_patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, path)
        elif not path.startswith(NOT_OURS):
            yield str(pattern.name)


def test_each_route_is_looked_at_or_says_why_not() -> None:
    known = {row.route for row in PAGES} | set(NO_PAGES)
    found = set(routes(get_resolver()))
    assert found - known == set(), "add a row to PAGES in tests/browser/catalogue.py"
    assert known - found == set(), "these routes are gone"


def test_no_route_is_both() -> None:
    assert {row.route for row in PAGES} & set(NO_PAGES) == set()


@pytest.mark.django_db
def test_each_page_opens_and_costs_few_queries(people: People) -> None:
    assert too_dear((*PAGES, *FORBIDDEN), people, world_make(people)) == {}


def test_each_page_marks_its_own_section_in_the_navigation() -> None:
    """Home is the section of what belongs to no other: of nothing on the operators' side."""
    marked = {row.route: section(row.path) for row in PAGES if row.path.startswith(("/ops/", T))}
    at_home = {route for route, name in marked.items() if name in {"ops_home", "tenant_home"}}
    assert at_home == {"ops_home", "tenant_home", "tenant_edit", "tenant_below"}
    assert {route for route, name in marked.items() if not name} == set()
    assert marked["mapping_new"] == marked["device_type_new"] == "device_list"


def section(path: str) -> str:
    """The marked place, by the name of its page, for somebody who may use every place."""
    area: Area = "ops" if path.startswith("/ops/") else "tenant"
    verbs = frozenset(item.verb for item in ITEMS)
    key = T.rsplit("/", 1)[-1]
    viewer = Viewer(
        user_id=1,
        label="everybody",
        kind="user",
        sees_all=True,
        platform_verbs=verbs,
        tenant_verbs=MappingProxyType({key: verbs}),
    )
    groups = nav_groups(viewer=viewer, area=area, tenant_key=key, path=path.split("?")[0])
    current = [link.url for group in groups for link in group.links if link.current]
    return resolve(current[0]).url_name or "" if current else ""


@pytest.mark.django_db
def test_pages_cost_few_queries_while_nothing_exists(people: People) -> None:
    assert too_dear(EMPTY, people, None) == {}


@pytest.mark.django_db
def test_pages_cost_few_queries_while_no_cluster_is_heard(people: People) -> None:
    world = world_make(people)
    with scope(Viewer.system("tests")):
        Cluster.objects.update(last_contact_at=F("last_contact_at") - timedelta(hours=3))
    assert too_dear(STALE, people, world) == {}


def too_dear(rows: Iterable[Row], people: People, world: World | None) -> dict[str, object]:
    """Pages that answer another status than they should, or ask the database too much."""
    clients = {"nobody": Client()}
    wrong: dict[str, object] = {}
    for row in rows:
        who: Someone | None = getattr(people, row.who, getattr(world, row.who, None))
        if row.who not in clients:
            clients[row.who] = who.client() if who else Client()
        status, asked = page_cost(clients[row.who], row, world)
        if status != row.status:
            wrong[row.name] = status
        elif len(asked) > MOST_QUERIES and row.status == 200:
            wrong[row.name] = (len(asked), asked)
    return wrong


def page_cost(client: Client, row: Row, world: World | None) -> tuple[int, list[str]]:
    """Status and statements of a page (transaction control aside), opened a second time."""
    address = row.path.format(**(world.names() if world else {}))
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        status = client.get(address).status_code
    return status, [q["sql"] for q in queries if not TRANSACTION_CONTROL.match(q["sql"])]
