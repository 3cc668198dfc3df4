"""From a row of the table to a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from tests.surface.kit import TOKENS, Row, filled
from tests.surface.routes import Route, routes_all
from tests.surface.stage import Answer, Stage
from tests.surface.table import ROWS
from tests.surface.world import ALPHA, BRAVO
from tests.surface.world.people import PERSONS

ROUTES = {route.name: route for route in routes_all()}
NAMES = sorted(ROUTES)
FRAGMENT = {"HX-Request": "true"}  # a refusal without the shell around it
Call = tuple[Route, Row, str, str, dict[str, Any]]


def send(stage: Stage, call: Call, ids: dict[str, Any], *, places: dict[str, Any]) -> Answer:
    """One request as the row describes it."""
    route, row, method, person, headers = call
    path = route.path({place: places[what] for place, what in row.ids.items()})
    query = filled(row.query, ids) if method == "GET" else {}
    if query:
        path += f"?{urlencode(query)}"
    more: dict[str, Any] = {"headers": headers}
    if method not in {"GET", "HEAD", "OPTIONS", "DELETE"}:
        more["json_body" if route.is_api else "form"] = filled(row.send, ids)
    if not route.is_api and method in {"PUT", "PATCH"}:
        more.pop("form", None)
    return stage.ask(person, method, path, **more)


def acts(name: str) -> Iterator[tuple[Route, Row, str]]:
    """Route, row and method, for each method that is offered."""
    for method in ROWS[name].methods():
        yield ROUTES[name], ROWS[name], method


def persons_for(route: Route) -> list[str]:
    """Tokens open nothing but /api/; that they don't is looked at apart."""
    return [person for person in PERSONS if route.is_api or person not in TOKENS]


def is_strange(row: Row, stage: Stage) -> bool:
    """Whether something in the address belongs to a tenant."""
    ids = stage.world.ids
    return any(ids[ALPHA][what] != ids[BRAVO][what] for what in row.ids.values())
