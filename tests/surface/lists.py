"""What filters, orders and searches tell of strangers: a faults-finder for each, as in `matrix`."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.urls import resolve

from tests.lists.shown import shows_rows
from tests.surface.calls import ROUTES
from tests.surface.code import who_looks
from tests.surface.contract import document, operations, row_of
from tests.surface.kit import TOKENS
from tests.surface.looks import comparable, differing, strange_words
from tests.surface.stage import Stage
from tests.surface.table import ROWS
from tests.surface.world import ALPHA, BRAVO, MISSING, text_of

READS = sorted(name for name, row in ROWS.items() if row.get is not None)
VALUES = ("tenant", "allocation", "username")
HOSTILE = ("-tenant__title", "created_by__password", "a;b'")
SORTS = re.compile(r"[?&;]sort=-?([\w.]+)")
BOXES = re.compile(r'<(?:input|select)[^>]*\bname="(\w+)"')
SENT = re.compile(r'<form\b[^>]*\bmethod="post".*?</form>', re.DOTALL)  # nobody filters by these
SHELL = {"csrfmiddlewaretoken", "next", "language", "theme", "up_to"}
_found: dict[str, bool] = {}


def is_list(stage: Stage, name: str) -> bool:
    """Whether several rows come: by REST the document says so, on pages what stands there.

    What the table filters is a list besides, whatever it looks like. Nobody has to name a list.
    """
    if name not in _found:
        _found[name] = bool(ROWS[name].query) or _shows_rows(stage, name)
    return _found[name]


def _shows_rows(stage: Stage, name: str) -> bool:
    if ROUTES[name].is_api:
        return name in _lists_of_rest()
    answer = stage.ask(who_looks(ROWS[name])[0], "GET", _path(stage, name, ALPHA))
    return shows_rows(answer.body)


@cache
def _lists_of_rest() -> frozenset[str]:
    """Addresses whose answer is several of something."""
    labels = [label for label in operations() if label.startswith("GET ")]
    return frozenset(row_of(label).name for label in labels if _is_many(label))


def _is_many(label: str) -> bool:
    answer = operations()[label].definition.raw["responses"]["200"]
    schema = answer["content"].get("application/json", {}).get("schema", {})
    named = str(schema.get("$ref", "")).rpartition("/")[2]
    schema = document()["components"]["schemas"][named] if named else schema
    return "results" in schema.get("properties", {}) or schema.get("type") == "array"


def filter_faults(stage: Stage, name: str, person: str = "owner") -> list[str]:
    """Each filter by a stranger's id, name or text finds what one by nothing finds: nothing."""
    path = _own_path(stage, name, person)
    if not path or stage.ask(person, "GET", path).status in {403, 404}:
        return []  # no list, or not theirs at all, whatever they filter by
    own = BRAVO if person == "other" else ALPHA
    strange = stage.world.ids[ALPHA if own == BRAVO else BRAVO]
    none = stage.world.ids[MISSING]
    asked = [(what, strange[what], none[what]) for what in VALUES]
    asked.append(("text", text_of(strange["tenant"]), text_of(MISSING)))
    found = []
    for filter_name in _filter_names(stage, name, path, person):
        for what, value, nothing in asked:
            met, other = (
                stage.ask(person, "GET", f"{path}?{urlencode({filter_name: word})}")
                for word in (value, nothing)
            )
            parts = differing(
                comparable(met, {what: value}, {what}), comparable(other, {what: nothing}, {what})
            )
            words = _not_sent(strange_words(person, met), str(value))
            if parts or words or met.status >= 500:
                said = f"{met.status} {words or ''} {parts}"
                found.append(f"{name}?{filter_name}={what} as {person}: {said}")
    return found


def order_faults(stage: Stage, name: str, person: str = "owner") -> list[str]:
    """The whole list, in any order that is offered or is not, shows no word of a stranger."""
    path = _own_path(stage, name, person)
    if not path:
        return []
    word = "ordering" if ROUTES[name].is_api else "sort"
    first = stage.ask(person, "GET", path)
    words = strange_words(person, first)
    found = [f"{name} as {person}: {words}"] if words else []
    for order in (*sorted(set(SORTS.findall(first.body))), *HOSTILE):
        answer = stage.ask(person, "GET", f"{path}?{urlencode({word: order})}")
        words = strange_words(person, answer)
        if words or answer.status not in {first.status, 200, 400}:
            found.append(f"{name}?{word}={order} as {person}: {answer.status} {words or ''}")
    return found


def _own_path(stage: Stage, name: str, person: str) -> str:
    """The list about one's own things; "" where it is none, or tokens have no business."""
    if (person in TOKENS and not ROUTES[name].is_api) or not is_list(stage, name):
        return ""
    return _path(stage, name, BRAVO if person == "other" else ALPHA)


def _path(stage: Stage, name: str, whose: str) -> str:
    ids = stage.world.ids[whose]
    return ROUTES[name].path({place: ids[what] for place, what in ROWS[name].ids.items()})


def _filter_names(stage: Stage, name: str, path: str, person: str) -> list[str]:
    """Of REST from its filter set, of a page from its boxes; and whatever the row says."""
    view: Any = resolve(path).func
    found = getattr(getattr(view, "cls", None), "filterset_class", None)
    if ROUTES[name].is_api:
        return sorted(set(found.get_filters() if found else ()) | set(ROWS[name].query))
    boxes = set(BOXES.findall(SENT.sub("", stage.ask(person, "GET", path).body)))
    everywhere = {"q"} if "search" not in name else set()  # the shell's own search
    return sorted(boxes - SHELL - everywhere | set(ROWS[name].query))


def _not_sent(words: set[str], value: str) -> set[str]:
    return {word for word in words if word not in value}
