"""Values that no field expects, and what must be true of every answer to them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection

from portal.scope import scope
from portal.viewer import Viewer
from tests.surface.stage import Answer

DEEP: Any = []
for _level in range(300):
    DEEP = [DEEP]
# In place of any field of a JSON body; the first ones in every run.
FEW = 7
VALUES: tuple[Any, ...] = (
    None,
    -1,
    10**40,
    "\0",
    "Not A Label!",
    "x" * 20_000,
    [],
    0,
    2.5,
    10**18,
    "",
    {"\0": 1, "x" * 500: [None]},
    [None, {}, 10**40],
    DEEP,
)
# Whole bodies, as bytes.
BODIES: tuple[tuple[bytes, str], ...] = (
    (b"", "application/json"),
    (b"{", "application/json"),
    (b"[]", "application/json"),
    (b'"text"', "application/json"),
    (b"null", "application/json"),
    (b"7", "application/json"),
    (b"\xff\xfe\x00", "application/json"),
    (b'{"a": 1, "a": 2}', "application/json"),
    (b'{"a": NaN}', "application/json"),
    (b'{"a": 1e999}', "application/json"),
    (b'{"a": "\\ud800"}', "application/json"),
    (b'{"a": "\\u0000"}', "application/json"),
    (b"[" * 100_000, "application/json"),
    (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json"),
    (b'{"a": "' + b"x" * 10_000_000 + b'"}', "application/json"),
    (b"a=1", "application/x-www-form-urlencoded"),
    (b"<a/>", "application/xml"),
    (b"\x80\x02]q\x00.", "application/x-python-serialize"),
)
# In an address, already escaped.
PATHS = (
    "%00",
    "1" + "0" * 40,
    "999999999999999999",
    "x" * 3000,
    "0",
    "-1",
    "1e3",
    "%ED%A0%80",
    "%D9%A3",
    "..",
    "%2e%2e%2fme",
    "'%20OR%201=1",
)
# In a form or a query, already escaped: browsers send bytes, and these are not always UTF-8.
TEXTS = (
    "%00",
    "%ED%A0%80",
    "-1",
    "1" + "0" * 40,
    "",
    "1" + "0" * 18,
    "NaN",
    "1e999",
    "Not%20A%20Label!",
    "%0D%0AX-Evil:%201",
    "x" * 20_000,
    "%D9%A3",
)
PROBLEM = {"type", "title", "status", "detail", "code", "request_id"}


def mutations(body: Any, names: set[str], values: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """The body with one field, at any depth, replaced by values; `names` are more fields."""
    for path in [*_paths(body), *([name] for name in sorted(names - set(body or {})))]:
        for number, value in enumerate(values):
            changed = copy.deepcopy(body)
            inner = changed
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = value
            yield f"{'.'.join(map(str, path))}={number}:{str(value)[:30]!r}", changed


def refused_fault(answer: Answer, *, api: bool) -> str:
    """What is wrong with a refusal; "" where it is as it must be."""
    if answer.status >= 500:
        return f"{answer.status} {answer.error}"
    if not api or answer.status < 400:
        return ""
    if answer.headers.get("content-type") != "application/problem+json":
        return f"{answer.status} is no problem: {answer.headers.get('content-type')}"
    data = answer.data
    if not set(data) >= PROBLEM or data["status"] != answer.status:
        return f"{answer.status} lacks {PROBLEM - set(data)}"
    told = data.get("errors") or data.get("refusal") or data["detail"]
    return "" if told else f"{answer.status} says nothing"


def row_counts() -> dict[str, int]:
    """Rows of every table."""
    tables = sorted(model._meta.db_table for model in apps.get_models())
    parts = [f"SELECT '{table}', count(*) FROM {table}" for table in tables]
    with scope(Viewer.system("tests")), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def _paths(body: Any) -> Iterator[list[Any]]:
    items: Any = ()
    if isinstance(body, dict):
        items = body.items()
    elif isinstance(body, list):
        items = enumerate(body)
    for key, value in items:
        yield [key]
        for rest in _paths(value):
            yield [key, *rest]
