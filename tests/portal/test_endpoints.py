"""Every endpoint of the API is built on the base that asks for rights, and declares its verbs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from portal.api.docs import SchemaView, docs
from portal.api.resources import ResourceViewSet
from portal.api.views import OWN, BerthView
from portal.models import JobRun, Notice
from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import Membership
from tenants.roles import ALL_VERBS
from tests.people import People

# They say nothing about this installation.
OPEN_TO_ALL = {SchemaView, docs}


def endpoints(
    patterns: Any = None, prefix: str = ""
) -> Iterator[tuple[str, type[Any], dict[str, str]]]:
    """Path, view class and actions by method, for everything below /api/."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from endpoints(entry.url_patterns, path)
        elif isinstance(entry, URLPattern) and path.startswith("api/"):
            view: Any = entry.callback
            yield path, getattr(view, "cls", view), getattr(view, "actions", None) or {}


ALL = list(endpoints())


def test_there_are_endpoints() -> None:
    assert len(ALL) > 10


@pytest.mark.parametrize(("path", "view", "actions"), ALL, ids=[path for path, *_ in ALL])
def test_an_endpoint_asks_for_rights(path: str, view: Any, actions: dict[str, str]) -> None:
    if view in OPEN_TO_ALL:
        return
    assert issubclass(view, BerthView), f"{path} is not built on portal.api.views.BerthView"
    methods = [m for m in ("get", "post", "put", "patch", "delete") if hasattr(view, m)]
    undeclared = [name for name in (list(actions.values()) or methods) if name not in view.verbs]
    assert undeclared == [], f"{path} has no verb for {undeclared}: it would refuse everybody"
    unknown = set(view.verbs.values()) - ALL_VERBS - {OWN}
    assert unknown == set(), f"{path} names verbs that no role can have"


@pytest.mark.parametrize(("path", "view", "actions"), ALL, ids=[path for path, *_ in ALL])
def test_a_resource_of_tenants_names_its_column(
    path: str, view: Any, actions: dict[str, str]
) -> None:
    if view in OPEN_TO_ALL or not issubclass(view, ResourceViewSet):
        return
    assert view.visible is not ResourceViewSet.visible, f"{path} does not say what is visible"


@pytest.mark.django_db
@pytest.mark.parametrize("path", sorted({path for path, view, _ in ALL if view not in OPEN_TO_ALL}))
def test_nobody_gets_anything_without_signing_in(client: Client, path: str) -> None:
    address = address_of(path)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = client.generic(method, address, b"{}", "application/json")
        assert answer.status_code in {401, 405}, (method, address)


@pytest.mark.django_db
def test_whoever_belongs_nowhere_gets_empty_lists_or_a_refusal(people: People) -> None:
    with scope(Viewer.system("tests")):
        Membership.objects.filter(user_id=people.charlie.user.pk).delete()
        Notice.objects.all().delete()  # they told him that he belonged somewhere
        JobRun.objects.create(
            kind="t", key="1", tenant_key="speech", queue="report", requested_by_label="t"
        )
    client = people.charlie.client()
    lists = [path for path, _view, actions in ALL if actions.get("get") == "list"]
    for path in lists:
        answer = client.get(address_of(path))
        assert answer.status_code in {200, 403, 404}, path
        if answer.status_code == 200:
            rows = [str(row) for row in answer.json()["results"]]
            assert [row for row in rows if "speech" in row] == [], path


def address_of(path: str) -> str:
    """An address that the pattern takes."""
    return "/" + re.sub(r"\(\?P<\w+>[^)]*\)|<[^>]+>", "1", path).replace("^", "").rstrip("$")
