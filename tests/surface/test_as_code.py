"""The REST call that a page shows returns what the page shows, or does what the page does."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.surface.calls import ROUTES, send
from tests.surface.code import DRY, Call, calls_on, who_looks
from tests.surface.effects import effect_of, page_act
from tests.surface.kit import Row, filled
from tests.surface.stage import Answer, Stage
from tests.surface.table import ROWS
from tests.surface.world import ALPHA

PAGES = sorted(
    name
    for name, row in ROWS.items()
    if row.get and not ROUTES[name].is_api and not ROUTES[name].pattern.startswith("accounts/")
)
# Pages that are no view of anything in the API, each with its reason.
PLAIN = {
    "home": "it leads elsewhere",
    "api_docs": "it is the reader of the API itself",
    "request_new": "its preview has the call, made of what is typed: see below",
    "request_edit": "as request_new",
}
# Lists of which a page shows only some, beside other things.
PARTLY = {"ops_home": "the latest of the jobs", "search": "found by kind"}
# Where a line holds a table of its own, what each line has once.
CELLS = {"audit_list": 'data-label="Act"'}
# What stands for a thing on a page; the first of them that it has.
NAMES = ("ref", "key", "username", "user", "object_ref", "name", "title", "why")
BODY = re.compile(r"<tbody.*?</tbody>", re.DOTALL)
FETCHED = re.compile(r'<div hx-get="([^"]+)" hx-trigger="load"')
LINE = re.compile(r"<tr[ >]")


def is_page(answer: Answer) -> bool:
    """A whole page; fragments of one, files and redirections show no call."""
    return answer.status == 200 and "<html" in answer.body


def opened(stage: Stage, name: str) -> tuple[Answer, str, str]:
    """A page as somebody sees it, who that is, and their token."""
    row, ids = ROWS[name], stage.world.ids[ALPHA]
    person, token = who_looks(row)
    query = {box: text for box, text in filled(row.query, ids).items() if box != "before"}
    whole = Row(name, row.ids, get=row.get, query=query)  # its first part, as REST answers it
    return send(stage, (ROUTES[name], whole, "GET", person, {}), ids, places=ids), person, token


def shown_calls(stage: Stage, name: str) -> tuple[Answer, list[tuple[Call, str, str]]]:
    """A page, and each call with whoever may make it and who looks at the page."""
    answer, person, token = opened(stage, name)
    if not is_page(answer) or name in PLAIN:
        assert name in PLAIN or not is_page(answer)
        return answer, []
    calls = calls_on(answer.body)
    assert calls, f"{name} shows no call"
    return answer, [(call, person if call.by_session else token, person) for call in calls]


@pytest.mark.parametrize("name", PAGES)
def test_a_call_that_reads_returns_what_the_page_shows(stage: Stage, name: str) -> None:
    page, calls = shown_calls(stage, name)
    for call, caller, person in calls:
        _is_about(call, ROWS[name], stage.world.ids[ALPHA])
        if call.method != "GET":
            continue
        answer = call.make(stage, caller)
        assert answer.status == 200, f"{call.path}: {answer.body}"
        found = answer.data
        if "results" in found:
            _lists_the_same(name, _with_panel(stage, page, person), found["results"])
        else:
            assert _named(found, page.body), f"{name} does not show {found}"
            places = {str(value) for value in stage.world.ids[ALPHA].values()}
            assert places & {str(value) for value in found.values()}


@pytest.mark.parametrize("name", PAGES)
def test_a_call_that_writes_does_what_the_page_does(stage: Stage, name: str) -> None:
    _page, calls = shown_calls(stage, name)
    for call, caller, person in calls:
        if call.method != "GET":
            _does_the_same(stage, name, person, call, caller)


def test_the_form_of_a_request_shows_the_call_that_it_stands_for(stage: Stage) -> None:
    row, ids = ROWS["request_preview"], stage.world.ids[ALPHA]
    answer = send(stage, (ROUTES[row.name], row, "POST", "owner", {}), ids, places=ids)
    (call,) = calls_on(answer.body)
    made = effect_of(stage, lambda: call.make(stage, "token"))[1]
    asked = made.data["ask"]
    assert (asked["name"], asked["pool"], asked["replicas"]) == ("surface", "train", 1)
    assert made.data["tenant"] == ALPHA


@pytest.mark.parametrize("state", ["draft", "waiting", "rejected", "approved"])
def test_a_request_in_any_state_shows_a_call_that_works(stage: Stage, state: str) -> None:
    ids = stage.world.ids[ALPHA]
    places = {"tenant_key": ALPHA, "request_id": ids[f"{state}_request"]}
    for person, token in (("owner", "token"), ("viewer", "read_token")):
        page = stage.ask(person, "GET", ROUTES["request_page"].path(places))
        with stage.kept():  # a draft shows two: to change it, and then to submit it
            for call in calls_on(page.body):
                answer = call.make(stage, token)
                assert answer.status < 300, f"{call.method} {call.path}: {answer.body}"


def _with_panel(stage: Stage, page: Answer, person: str) -> Answer:
    """A page that holds nothing but a panel is shown with what the browser fetches into it."""
    places = FETCHED.findall(page.body)
    if len(places) != 1:
        return page
    return replace(page, body=page.body + stage.ask(person, "GET", places[0]).body)


def _lists_the_same(name: str, page: Answer, results: list[dict[str, Any]]) -> None:
    if name == "search":
        results = [entry for group in results for entry in group["hits"]]
    missing = [found for found in results if not _named(found, page.body)]
    if name in PARTLY:
        assert len(missing) < len(results), f"{name} shows none of these"
        return
    assert not missing, f"{name} does not show {missing}"
    if name in CELLS:
        assert page.body.count(CELLS[name]) == len(results)
        return
    lines = [len(LINE.findall(body)) for body in BODY.findall(page.body)]
    assert len(results) in lines, f"{name} shows {lines}, not {len(results)}"


def _named(found: dict[str, Any], page: str) -> bool:
    """Whether a page says the name of a thing; what has none is known by its number alone."""
    names = [str(found[field]) for field in NAMES if found.get(field)]
    return not names or html.escape(names[0]) in page


def _does_the_same(stage: Stage, name: str, person: str, call: Call, caller: str) -> None:
    by_page, met = effect_of(stage, lambda: page_act(stage, name, person, call))
    assert met.status in {201, 302}, f"the page refused: {met.status} {met.sent}"
    by_call, answer = effect_of(stage, lambda: call.make(stage, caller, dry=False))
    assert answer.status < 300, f"{call.method} {call.path}: {answer.body}"
    assert by_call == by_page
    nothing, _answer = effect_of(stage, lambda: stage.ask(person, "GET", "/live"))
    assert by_call != nothing, "neither does anything"
    if DRY in call.path:
        tried, _answer = effect_of(stage, lambda: call.make(stage, caller))
        assert tried == nothing
    _says_what_was_sent(call, answer)


def _says_what_was_sent(call: Call, answer: Answer) -> None:
    """What the answer says of the fields that were sent is what was sent."""
    is_json = answer.headers.get("content-type") == "application/json"
    shown = answer.data if is_json else {}
    shown = shown.get("preference", shown)
    for name, value in call.fields.items():
        if name in shown and not isinstance(value, dict | list) and name != "reason":
            assert shown[name] == value, name


def _is_about(call: Call, row: Row, ids: dict[str, Any]) -> None:
    """The call names what the page's address names."""
    places = [str(ids[what]) for what in row.ids.values() if what not in {"tab"}]
    missing = [place for place in places[-1:] if place not in f"{call.path} {call.body}"]
    named = {name for name in missing if name not in (ids["username"], str(ids["user"]))}
    assert not named, f"{call.method} {call.path} is not about {named}"
