"""Every address × every method × every person, on one's own objects and on a stranger's."""

from __future__ import annotations

import pytest

from tests.surface.calls import FRAGMENT, NAMES, ROUTES, acts, send
from tests.surface.looks import sign_in
from tests.surface.matrix import (
    nested_faults,
    own_faults,
    quiet_faults,
    sent_faults,
    strange_faults,
)
from tests.surface.routes import METHODS
from tests.surface.stage import Stage
from tests.surface.table import ROWS, by_name
from tests.surface.table.accounts import DOORS
from tests.surface.world import ALPHA

# Whether they offer a method depends on who asks: tests/surface/test_accounts.py says.
OURS = [name for name in NAMES if name not in DOORS]


def test_every_address_has_a_row() -> None:
    assert set(ROUTES) - set(ROWS) == set(), "say in tests/surface/table what each person gets"
    assert set(ROWS) - set(ROUTES) == set(), "these addresses are gone"
    for name, row in ROWS.items():
        assert set(row.ids) == set(ROUTES[name].places), name


def test_a_row_that_stands_twice_is_refused() -> None:
    with pytest.raises(AssertionError, match="home stands twice"):
        by_name([ROWS["home"], ROWS["home"]])


def test_every_address_offers_something() -> None:
    assert [name for name in OURS if not ROWS[name].methods()] == []


@pytest.mark.parametrize("name", NAMES)
def test_everybody_gets_what_the_table_says(stage: Stage, name: str) -> None:
    found = own_faults(stage, name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", OURS)
def test_a_method_that_is_not_offered_is_refused(stage: Stage, name: str) -> None:
    route, row = ROUTES[name], ROWS[name]
    ids = stage.world.ids[ALPHA]
    for method in METHODS:
        if row.audience(method) is not None or method == "OPTIONS":
            continue
        person = "operator" if route.is_api else "anonymous"
        answer = send(stage, (route, row, method, person, FRAGMENT), ids, places=ids)
        assert answer.status == 405, (method, answer.status)


@pytest.mark.parametrize("name", OURS)
def test_head_and_options_tell_no_more_than_reading(stage: Stage, name: str) -> None:
    found = quiet_faults(stage, name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_strangers_object_is_as_good_as_none(stage: Stage, name: str) -> None:
    found = strange_faults(stage, name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_strangers_object_below_ones_own_is_none(stage: Stage, name: str) -> None:
    found = nested_faults(stage, name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_strangers_id_in_body_or_query_is_as_good_as_none(stage: Stage, name: str) -> None:
    found = sent_faults(stage, name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", [name for name in NAMES if not ROUTES[name].is_api])
def test_a_token_opens_no_page(stage: Stage, name: str) -> None:
    ids = stage.world.ids[ALPHA]
    for route, row, method in acts(name):
        if row.granted(method).status("anonymous") == 0:
            continue
        answer = send(stage, (route, row, method, "platform_token", FRAGMENT), ids, places=ids)
        assert sign_in(answer), (method, answer.status)
