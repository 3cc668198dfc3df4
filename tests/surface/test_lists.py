"""Filters and orderings of every list name no stranger, and what a stranger has counts nowhere."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.urls import resolve

from tests.surface.calls import ROUTES, send
from tests.surface.looks import comparable, differing, strange_words
from tests.surface.stage import Stage
from tests.surface.table import ROWS
from tests.surface.world import ALPHA, BRAVO, MISSING, text_of
from tests.surface.world.more import more_make

READS = sorted(name for name, row in ROWS.items() if row.get is not None)
LISTS = [name for name in READS if "list" in name or "search" in name or "_all" in name]
VALUES = ("tenant", "allocation", "username")
HOSTILE = ("-tenant__title", "created_by__password", "a;b'")
SORTS = re.compile(r"[?&;]sort=-?([\w.]+)")
BOXES = re.compile(r'<(?:input|select)[^>]*\bname="(\w+)"')


def filter_names(stage: Stage, name: str, path: str) -> list[str]:
    """Of REST from its filter set, of a page from the boxes that it shows."""
    view: Any = resolve(path).func
    found = getattr(getattr(view, "cls", None), "filterset_class", None)
    if ROUTES[name].is_api:
        return sorted(found.get_filters()) if found else ["q"]
    boxes = set(BOXES.findall(stage.ask("owner", "GET", path).body))
    shell = {"csrfmiddlewaretoken", "next", "language", "theme", "up_to"}
    return sorted(boxes - shell - ({"q"} if "search" not in name else set()))


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_by_a_strangers_id_is_one_by_nothing(stage: Stage, name: str) -> None:
    row, ids, wrong = ROWS[name], stage.world.ids, []
    path = ROUTES[name].path({place: ids[ALPHA][what] for place, what in row.ids.items()})
    if stage.ask("owner", "GET", path).status == 403:
        return  # not theirs at all, whatever they filter by
    for filter_name in filter_names(stage, name, path):
        for what in VALUES:
            met, none = (
                stage.ask("owner", "GET", f"{path}?{urlencode({filter_name: ids[whose][what]})}")
                for whose in (BRAVO, MISSING)
            )
            parts = differing(
                comparable(met, ids[BRAVO], {what}), comparable(none, ids[MISSING], {what})
            )
            if parts or strange_words("owner", met) or met.status >= 500:
                wrong.append(f"{filter_name}={what}: {met.status} {parts}")
        words = [{"text": text_of(key)} for key in (BRAVO, MISSING)]
        found = [
            stage.ask("owner", "GET", f"{path}?{urlencode({filter_name: word['text']})}")
            for word in words
        ]
        shown = [
            comparable(answer, word, {"text"}) for answer, word in zip(found, words, strict=True)
        ]
        if differing(*shown) or found[0].status >= 500:
            wrong.append(f"{filter_name} finds the stranger's text: {differing(*shown)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", LISTS)
def test_no_order_tells_of_strangers(stage: Stage, name: str) -> None:
    row, ids = ROWS[name], stage.world.ids[ALPHA]
    path = ROUTES[name].path({place: ids[what] for place, what in row.ids.items()})
    person = "owner" if row.granted("GET").status("owner") == 0 else "operator"
    word = "ordering" if ROUTES[name].is_api else "sort"
    offered = set(SORTS.findall(stage.ask(person, "GET", path).body))
    for order in sorted(offered) + list(HOSTILE):
        answer = stage.ask(person, "GET", f"{path}?{urlencode({word: order})}")
        assert answer.status in {200, 400}, (order, answer.error)
        assert not strange_words(person, answer), order


def test_what_a_stranger_gains_changes_nothing_for_others(stage: Stage) -> None:
    """Counts, totals and pages are the same bytes when the stranger has more of everything."""
    before = {name: _own(stage, name) for name in READS}
    with transaction.atomic():
        more_make(stage.world)
        changed = {
            name: differing(before[name], _own(stage, name))
            for name in READS
            if before[name] != _own(stage, name)
        }
        seen_by_operators = [_everything(stage, name) for name in COUNTED]
        transaction.set_rollback(True)
    assert changed == {}
    again = [_everything(stage, name) for name in COUNTED]
    same = [
        name
        for name, one, other in zip(COUNTED, again, seen_by_operators, strict=True)
        if one == other
    ]
    assert same == [], "the stranger gained nothing here, so this shows nothing"


COUNTED = ("api-allocation-list", "api-request-list", "api-job-list", "api-audit-list")


def _own(stage: Stage, name: str) -> tuple[int, str, str]:
    ids = stage.world.ids[ALPHA]
    answer = send(stage, (ROUTES[name], ROWS[name], "GET", "owner", {}), ids, places=ids)
    return comparable(answer, ids, set())


def _everything(stage: Stage, name: str) -> tuple[int, str, str]:
    """The list as operators get it, of all tenants."""
    answer = stage.ask("operator", "GET", ROUTES[name].path({}))
    return comparable(answer, stage.world.ids[ALPHA], set())
