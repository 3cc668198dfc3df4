"""The OpenAPI document as a contract: cases from Schemathesis, sent to the stage, judged by it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import requests
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.surface.calls import ROUTES
from tests.surface.kit import Row, filled
from tests.surface.stage import Answer, Stage
from tests.surface.table import ROWS
from tests.surface.world import ALPHA

SERVER = "http://testserver"
PLACE = re.compile(r"\{\w+\}|\(\?P<\w+>[^)]*\)|<[^>]+>")
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@cache
def document() -> dict[str, Any]:
    """The document, as the address for it serves it."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


@cache
def operations() -> dict[str, Any]:
    """Operations by "POST /api/v1/…"."""
    schema = schemathesis.openapi.from_dict(document())
    schema.config.update(base_url=SERVER)
    found = (result.ok() for result in schema.get_all_operations())
    return {operation.label: operation for operation in found}


def row_of(label: str) -> Row:
    """The row of the table about an operation."""
    path = label.partition(" ")[2]
    return _rows_by_shape()[PLACE.sub("{}", path)]


@cache
def _rows_by_shape() -> dict[str, Row]:
    shapes = {}
    for name, route in ROUTES.items():
        pattern = route.pattern.replace("^", "").removesuffix("$")
        if name in ROWS:
            shapes["/" + PLACE.sub("{}", pattern)] = ROWS[name]
    return shapes


def fixed_values(stage: Stage, label: str) -> dict[str, Any]:
    """What stands in the address, so that something is found there."""
    row, ids = row_of(label), stage.world.ids[ALPHA]
    names = [part.name for part in operations()[label].path_parameters]
    order = re.findall(r"\{(\w+)\}", label)
    values = [str(ids[what]) for what in row.ids.values()]
    assert len(order) == len(values) == len(names), label
    return dict(zip(order, values, strict=True))


def case_of_row(stage: Stage, label: str) -> Any:
    """The call that the table describes, as a case."""
    row, operation = row_of(label), operations()[label]
    body = filled(row.send, stage.world.ids[ALPHA])
    more: dict[str, Any] = {}
    if operation.method.upper() in {"POST", "PUT", "PATCH"} and operation.body:
        more = {"body": body, "media_type": "application/json"}
    return operation.Case(path_parameters=fixed_values(stage, label), **more)


def case_judge(stage: Stage, person: str, case: Any) -> Answer:
    """Send a case as a person; raise what the document does not allow."""
    kept = {"Idempotency-Key", "If-Match"}
    case.headers = {n: v for n, v in (case.headers or {}).items() if n not in kept}
    prepared = requests.Request(**case.as_transport_kwargs(base_url=SERVER)).prepare()
    url = str(prepared.url).removeprefix(SERVER)
    sent = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    plain = {name: _text(value) for name, value in prepared.headers.items()}
    headers = {n: v for n, v in plain.items() if n.lower() not in {"content-length"}}
    content_type = headers.pop("Content-Type", "application/json")
    answer = stage.ask(
        person,
        str(prepared.method),
        url,
        raw=sent or b"",
        headers=headers,
        content_type=content_type,
    )
    response = schemathesis.Response(
        status_code=answer.status,
        headers={name: [value] for name, value in answer.headers.items() if value},
        content=answer.body.encode(),
        request=prepared,
        elapsed=0.01,
        verify=False,
    )
    case.validate_response(response, checks=CHECKS)
    return answer


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
