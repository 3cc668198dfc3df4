"""The templates of kubectl's -o jsonpath, as far as tests use them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# A name after one dot or two, or a number or * in brackets; a dot within a name is escaped.
STEP = re.compile(r"(\.\.?)((?:[^.\[\\]|\\.)+)|\[(\d+|\*)\]")


def jsonpath(value: Any, template: str) -> str:
    """A template such as "{.items[0].metadata.name}: {..status.phase}", filled in."""
    return re.sub(r"\{([^}]*)\}", lambda found: _shown(value, found[1]), template)


def _shown(value: Any, path: str) -> str:
    found = [value]
    for step in STEP.finditer(path):
        found = [after for before in found for after in _step(before, *step.groups())]
    return " ".join(_text(item) for item in found)


def _step(value: Any, dots: str | None, name: str | None, index: str | None) -> Iterator[Any]:
    if index == "*":
        yield from value if isinstance(value, list) else ()
    elif index is not None:
        if isinstance(value, list) and len(value) > int(index):
            yield value[int(index)]
    elif name is not None:
        wanted = name.replace("\\.", ".")
        for place in _below(value) if dots == ".." else (value,):
            if isinstance(place, dict) and wanted in place:
                yield place[wanted]


def _below(value: Any) -> Iterator[Any]:
    """A value and everything in it."""
    yield value
    if isinstance(value, dict):
        for item in value.values():
            yield from _below(item)
    elif isinstance(value, list):
        for item in value:
            yield from _below(item)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
