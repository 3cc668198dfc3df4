"""Whatever is sent: a 4xx that says why, never a 5xx, and nothing written."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

from tests.surface.calls import ROUTES
from tests.surface.contract import PLACE, document, operations, row_of
from tests.surface.kit import Row, filled
from tests.surface.looks import strange_words
from tests.surface.nasty import (
    BODIES,
    FEW,
    PATHS,
    TEXTS,
    VALUES,
    mutations,
    refused_fault,
    row_counts,
)
from tests.surface.stage import Answer, Stage
from tests.surface.table import ROWS
from tests.surface.table.accounts import DOORS
from tests.surface.world import ALPHA, BRAVO, MISSING

WRITES = sorted(label for label in operations() if not label.startswith("GET "))
PLACED = sorted(name for name, row in ROWS.items() if row.ids and row.methods())
POSTED = sorted(n for n, row in ROWS.items() if row.post and not ROUTES[n].is_api)
READ = sorted(name for name, row in ROWS.items() if row.get)
BOX = re.compile(r'<(?:input|select|textarea)[^>]*\bname="([^"]+)"')
# What the server itself keeps of requests, whatever becomes of them.
KEPT = {"django_session"}


# A few values in every run, all of them with --long.
BREADTHS = pytest.mark.parametrize(
    "wide", [False, pytest.param(True, marks=[pytest.mark.long, pytest.mark.timeout(600)])]
)


def person_for(row: Row, method: str) -> str:
    """Somebody who is let in: what they send is looked at, not who they are."""
    audience = row.granted(method)
    order = ("owner", "member", "operator", "anonymous")
    return next(person for person in order if audience.status(person) == 0)


def path_of(stage: Stage, name: str, ids: dict[str, Any]) -> str:
    """The address about one's own objects."""
    return ROUTES[name].path({place: ids[what] for place, what in ROWS[name].ids.items()})


def validator_of(label: str) -> Draft202012Validator | None:
    """The document's word on a body."""
    content = operations()[label].definition.raw.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None:
        return None
    whole = _nullable(schema | {"components": document()["components"]})
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _nullable(schema: Any) -> Any:
    """OpenAPI 3.0 says "nullable" where JSON Schema has a type."""
    if isinstance(schema, list):
        return [_nullable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _nullable(part) for name, part in schema.items() if name != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if schema.get("nullable") is True else inner


def fields_of(label: str) -> set[str]:
    """Names of the body's fields."""
    content = operations()[label].definition.raw.get("requestBody", {}).get("content", {})
    ref = content.get("application/json", {}).get("schema", {}).get("$ref", "")
    component = document()["components"]["schemas"].get(ref.rpartition("/")[2], {})
    return set(component.get("properties", {}))


@BREADTHS
@pytest.mark.parametrize("label", WRITES)
def test_no_field_takes_what_it_should_not(stage: Stage, label: str, wide: bool) -> None:
    row, valid = row_of(label), validator_of(label)
    method, _space, _path = label.partition(" ")
    ids = stage.world.ids[ALPHA]
    path, person = path_of(stage, row.name, ids), person_for(row, method)
    before, faults = row_counts(), []
    strange = stage.world.ids[BRAVO]
    values = (VALUES if wide else VALUES[:FEW]) + (BRAVO, MISSING, strange["allocation"])
    for what, body in mutations(filled(row.send, ids), fields_of(label), values):
        answer = stage.ask(person, method, path, json_body=body, keep=Answer.refused)
        fault = refused_fault(answer, api=True)
        if strange_words(person, answer):
            fault = f"{answer.status} {strange_words(person, answer)}"
        if valid is not None and answer.status < 400 and not valid.is_valid(body):
            fault = f"{answer.status} though the document refuses it"
        if fault:
            faults.append(f"{what}: {fault}")
    assert not faults, "\n".join(faults)
    assert row_counts() == before


@pytest.mark.parametrize("label", WRITES)
def test_no_body_at_all_is_a_fault(stage: Stage, label: str) -> None:
    row, method = row_of(label), label.partition(" ")[0]
    path, person = path_of(stage, row.name, stage.world.ids[ALPHA]), person_for(row, method)
    before, faults = row_counts(), []
    for number, (raw, content_type) in enumerate(BODIES):
        answer = stage.ask(
            person, method, path, raw=raw, content_type=content_type, keep=Answer.refused
        )
        fault = refused_fault(answer, api=True)
        if len(raw) > 5_000_000 and answer.status != 413:
            fault = f"{answer.status} for 10 MB"
        if fault:
            faults.append(f"{number} {raw[:20]!r}: {fault}")
    assert not faults, "\n".join(faults)
    assert row_counts() == before


@pytest.mark.parametrize("label", WRITES)
def test_headers_of_a_write_are_checked(stage: Stage, label: str) -> None:
    row, method = row_of(label), label.partition(" ")[0]
    ids = stage.world.ids[ALPHA]
    path, person = path_of(stage, row.name, ids), person_for(row, method)
    body = filled(row.send, ids)
    unreadable = {name: {"no": "value"} for name in body} | {"no_such_field": 1}

    def status(body: dict[str, Any] = body, **headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = stage.ask(person, method, path, json_body=body, headers=named)
        assert not refused_fault(answer, api=True), answer
        return answer.status

    described = {p["name"] for p in operations()[label].definition.raw.get("parameters", [])}
    if "Idempotency-Key" not in described:
        return
    assert status(Idempotency_Key="") == 400
    assert status(Idempotency_Key="x" * 300) == 400
    assert status(Idempotency_Key="\u00e9") == 400
    if "If-Match" in described:
        assert status(If_Match='"999999"') == 412
        assert status(unreadable, If_Match='"999999"') == 412  # before what the body says
        assert status(If_Match="999999") == 400
    assert stage.ask(person, method, f"{path}?dryRun=maybe", json_body=body).status == 400


@pytest.mark.parametrize("label", WRITES)
def test_a_key_that_was_used_for_another_body_is_refused(stage: Stage, label: str) -> None:
    row, method = row_of(label), label.partition(" ")[0]
    ids = stage.world.ids[ALPHA]
    path, person = path_of(stage, row.name, ids), person_for(row, method)
    described = {p["name"] for p in operations()[label].definition.raw.get("parameters", [])}
    if "Idempotency-Key" not in described:
        return
    with stage.kept():
        key = {"Idempotency-Key": "the-same-key"}
        body = filled(row.send, ids)
        first = stage.ask(person, method, path, json_body=body, headers=key, keep=Answer.always)
        assert first.status < 300, first.body
        again = stage.ask(
            person, method, path, json_body=body | {"other": 1}, headers=key, keep=Answer.always
        )
        assert again.status == 422, again.body
        assert again.data["code"] == "idempotency-key-reused"
        same = stage.ask(person, method, path, json_body=body, headers=key, keep=Answer.always)
        assert (same.status, same.headers.get("idempotency-replayed")) == (first.status, "true")


@BREADTHS
@pytest.mark.parametrize("name", PLACED)
def test_nonsense_in_an_address_is_not_found(stage: Stage, name: str, wide: bool) -> None:
    route, row = ROUTES[name], ROWS[name]
    ids = stage.world.ids[ALPHA]
    pattern = "/" + route.pattern.replace("^", "").removesuffix("$")
    own = [str(ids[what]) for what in row.ids.values()]
    faults = []
    for method in row.methods():
        person = person_for(row, method)
        for at in range(len(own)):
            for text in PATHS if wide else PATHS[:FEW]:
                values = iter([*own[:at], text, *own[at + 1 :]])
                path = PLACE.sub(lambda _found, values=values: next(values), pattern)
                answer = stage.ask(person, method, path, raw=b"{}", headers={"HX-Request": "true"})
                told = 400 <= answer.status < 500 or (name in DOORS and answer.status < 400)
                if not told:
                    faults.append(f"{method} {at} {text[:20]}: {answer.status} {answer.error}")
    assert not faults, "\n".join(faults)


@BREADTHS
@pytest.mark.parametrize("name", READ)
def test_nonsense_in_a_query_is_no_fault(stage: Stage, name: str, wide: bool) -> None:
    row, ids = ROWS[name], stage.world.ids[ALPHA]
    path, person = path_of(stage, name, ids), person_for(row, "GET")
    names = set(row.query) | {
        "sort",
        "page",
        "per_page",
        "cursor",
        "limit",
        "before",
        "view",
        "lang",
    }
    if not ROUTES[name].is_api:
        names |= set(BOX.findall(stage.ask(person, "GET", path).body))
    else:
        names |= {p["name"] for p in _parameters(name)}
    faults = []
    together = sorted(names - {"csrfmiddlewaretoken"})
    alone = ("%00", "1" + "0" * 40) if ROUTES[name].is_api else ("%00",)
    for text in TEXTS if wide else TEXTS[:2]:
        query = "&".join(f"{quote(box)}={text}" for box in together)
        answer = stage.ask(person, "GET", f"{path}?{query}")
        if answer.status >= 500 and answer.status not in row.done:
            faults.append(f"all {text[:20]}: {answer.error}")
    for box in together if wide else ():
        for text in alone:
            answer = stage.ask(person, "GET", f"{path}?{quote(box)}={text}")
            if answer.status >= 500 and answer.status not in row.done:
                faults.append(f"{box} {text[:20]}: {answer.error}")
    assert not faults, "\n".join(faults)


@BREADTHS
@pytest.mark.parametrize("name", POSTED)
def test_nonsense_in_a_form_is_refused(stage: Stage, name: str, wide: bool) -> None:
    row, ids = ROWS[name], stage.world.ids[ALPHA]
    path, person = path_of(stage, name, ids), person_for(row, "POST")
    base = {field: str(value) for field, value in filled(row.send, ids).items()}
    boxes = set(base)
    if row.get:
        boxes |= set(BOX.findall(stage.ask(person, "GET", path).body))
    boxes -= {"csrfmiddlewaretoken", "next", "q"}
    before, faults = row_counts(), []
    strange = quote(str(stage.world.ids[BRAVO]["request"]))
    bodies = [dict.fromkeys(boxes, text) for text in (*(TEXTS if wide else TEXTS[:4]), strange)]
    plain = {field: quote(value) for field, value in base.items()}
    bodies += [
        plain | {box: text}
        for box in sorted(boxes)
        for text in ("%00", "1" + "0" * 40, strange)
        if wide
    ]
    for body in bodies:
        raw = "&".join(f"{quote(box)}={text}" for box, text in body.items()).encode()
        answer = stage.ask(
            person,
            "POST",
            path,
            raw=raw,
            content_type="application/x-www-form-urlencoded",
            keep=Answer.refused,
        )
        fault = refused_fault(answer, api=False)
        if fault:
            faults.append(f"{raw[:120]!r}: {fault}")
    assert not faults, "\n".join(faults)
    assert {n: c for n, c in row_counts().items() if n not in KEPT} == {
        n: c for n, c in before.items() if n not in KEPT
    }


def _parameters(name: str) -> list[Any]:
    for label, operation in operations().items():
        if label.startswith("GET ") and row_of(label).name == name:
            return list(operation.definition.raw.get("parameters", []))
    return []
