"""JSON as strictly as it is stored: nothing that PostgreSQL or Python would stumble over later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

MAX_DEPTH = 40  # of objects and lists in each other: more than any request needs


class StrictJSONParser(JSONParser):
    """Refuses NaN, duplicate names, NUL and lone surrogates in texts, and nesting without end."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return plain data; raise ParseError with what to do."""
        try:
            text = stream.read().decode("utf-8")
            data = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
            _texts_check(data, MAX_DEPTH)
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
        except UnicodeError:
            raise ParseError(
                _("The body must be UTF-8, without NUL characters and half characters.")
            ) from None
        except ValueError as error:
            message = _("The body is not valid JSON: %(error)s.") % {"error": error}
            raise ParseError(message) from None
        return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "the same name stands twice in one object"
        raise ValueError(message)
    return found


def _no_constant(name: str) -> Any:
    message = f"{name} is not a number of JSON"
    raise ValueError(message)


def _texts_check(data: Any, depth: int) -> None:
    if depth == 0:
        raise RecursionError
    if isinstance(data, str):
        data.encode()
        if "\0" in data:
            raise UnicodeError
    elif isinstance(data, dict):
        for name, value in data.items():
            _texts_check(name, depth - 1)
            _texts_check(value, depth - 1)
    elif isinstance(data, list):
        for value in data:
            _texts_check(value, depth - 1)
