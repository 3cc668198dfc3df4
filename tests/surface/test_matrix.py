"""Every address × every method × every person, on one's own objects and on a stranger's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.surface.calls import FRAGMENT, NAMES, ROUTES, Call, acts, is_strange, persons_for, send
from tests.surface.kit import TOKENS, placeholders
from tests.surface.looks import comparable, differing, sign_in, strange_words
from tests.surface.routes import METHODS
from tests.surface.stage import Stage
from tests.surface.table import ROWS
from tests.surface.world import ALPHA, BRAVO, MISSING
from tests.surface.world.people import SEES_ALL

COMPARED = frozenset({"owner", "other"})  # whose answers are compared with those about nothing


def test_every_address_has_a_row() -> None:
    assert set(ROUTES) - set(ROWS) == set(), "say in tests/surface/table what each person gets"
    assert set(ROWS) - set(ROUTES) == set(), "these addresses are gone"
    for name, row in ROWS.items():
        assert set(row.ids) == set(ROUTES[name].places), name


@pytest.mark.parametrize("name", NAMES)
def test_everybody_gets_what_the_table_says(stage: Stage, name: str) -> None:
    ids = stage.world.ids[ALPHA]
    wrong = []
    for route, row, method in acts(name):
        audience = row.granted(method)
        for person in persons_for(route):
            expected = audience.status(person)
            shell = not expected or (method == "GET" and person in {"owner", "anonymous"})
            headers = {} if shell or expected == 401 else FRAGMENT
            answer = send(stage, (route, row, method, person, headers), ids, places=ids)
            if expected == 401:
                fine = sign_in(answer)
            elif expected:
                fine = answer.status == expected
            else:
                fine = answer.status in row.done and not sign_in(answer)
            words = strange_words(person, answer)
            if not fine or words:
                wrong.append(f"{method} {person}: {expected} != {answer.status} {words or ''}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_a_method_that_is_not_offered_is_refused(stage: Stage, name: str) -> None:
    route, row = ROUTES[name], ROWS[name]
    if route.pattern.startswith("accounts/"):
        return
    ids = stage.world.ids[ALPHA]
    for method in METHODS:
        if row.audience(method) is not None or method == "OPTIONS":
            continue
        person = "operator" if route.is_api else "anonymous"
        answer = send(stage, (route, row, method, person, FRAGMENT), ids, places=ids)
        assert answer.status == 405, (method, answer.status)


@pytest.mark.parametrize("name", NAMES)
def test_a_strangers_object_is_as_good_as_none(stage: Stage, name: str) -> None:
    wrong: list[str] = []
    for route, row, method in acts(name):
        if not is_strange(row, stage):
            return
        for person in persons_for(route):
            if person in SEES_ALL | {"anonymous"}:
                continue
            shell = method == "GET" and person in COMPARED
            call: Call = (route, row, method, person, {} if shell else FRAGMENT)
            wrong += _strange_faults(stage, call)
    assert not wrong, "\n".join(wrong)


def _strange_faults(stage: Stage, call: Call) -> list[str]:
    """What is wrong with the answer about a stranger's object, beside the one about nothing."""
    _route, row, method, person, _headers = call
    world = stage.world.ids
    own, strange = (BRAVO, ALPHA) if person == "other" else (ALPHA, BRAVO)
    met = send(stage, call, world[own], places=world[strange])
    audience, parts = row.granted(method), ""
    expected = {audience.stranger} if person != "other" else {audience.status("other")}
    if person in COMPARED:
        none = send(stage, call, world[own], places=world[MISSING])
        used = set(row.ids.values())
        parts = differing(
            comparable(met, world[strange], used), comparable(none, world[MISSING], used)
        )
    words = strange_words(person, met)
    if parts or words or met.status not in expected:
        return [f"{method} {person}: {met.status}, not {expected} {words or ''} {parts}"]
    return []


@pytest.mark.parametrize("name", NAMES)
def test_a_strangers_object_below_ones_own_is_none(stage: Stage, name: str) -> None:
    """Nested addresses: each place by itself names a stranger's object, or nothing."""
    route, row = ROUTES[name], ROWS[name]
    world = stage.world.ids
    strange = [w for w in row.ids.values() if world[ALPHA][w] != world[BRAVO][w]]
    if len(strange) < 2:
        return
    for method in row.methods():
        for what in strange:
            for person in ("owner", "operator"):
                call: Call = (route, row, method, person, FRAGMENT)
                mixed = world[ALPHA] | {what: world[BRAVO][what]}
                nothing = world[ALPHA] | {what: world[MISSING][what]}
                met = send(stage, call, world[ALPHA], places=mixed)
                none = send(stage, call, world[ALPHA], places=nothing)
                assert met.status == none.status == 404, (method, what, person, met.status)
                assert comparable(met, world[BRAVO], {what}) == comparable(
                    none, world[MISSING], {what}
                )


@pytest.mark.parametrize("name", NAMES)
def test_a_strangers_id_in_body_or_query_is_as_good_as_none(stage: Stage, name: str) -> None:
    world, wrong = stage.world.ids, []
    for route, row, method in acts(name):
        template: Any = row.query if method == "GET" else row.send
        used = placeholders(template) - set(row.open_ids)
        for what in sorted(used):
            if world[ALPHA][what] == world[BRAVO][what]:
                continue
            for person in ("owner", "viewer", "read_token", "other"):
                if person in TOKENS and not route.is_api:
                    continue
                own, strange = (BRAVO, ALPHA) if person == "other" else (ALPHA, BRAVO)
                call: Call = (route, row, method, person, {})
                mixed = world[own] | {what: world[strange][what]}
                nothing = world[own] | {what: world[MISSING][what]}
                met = send(stage, call, mixed, places=world[own])
                none = send(stage, call, nothing, places=world[own])
                parts = differing(comparable(met, mixed, {what}), comparable(none, nothing, {what}))
                words = strange_words(person, met)
                if parts or words:
                    said = f"{met.status}, none {none.status} {words or ''} {parts}"
                    wrong.append(f"{method} {what} {person}: {said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name in NAMES if not ROUTES[name].is_api])
def test_a_token_opens_no_page(stage: Stage, name: str) -> None:
    ids = stage.world.ids[ALPHA]
    for route, row, method in acts(name):
        if row.granted(method).status("anonymous") == 0:
            continue
        answer = send(stage, (route, row, method, "platform_token", FRAGMENT), ids, places=ids)
        assert sign_in(answer), (method, answer.status)
