"""Selectors and tolerations as people write them, in the words of kubectl. Pure.

Conditions stand one on a line: `zone in (a, b)`, `tier notin (spot)`, `gpu=h100`, `gpu!=h100`,
`gpu` (the label exists), `!gpu` (it does not). Tolerations are written like taints, one on a
line: `key=value:NoSchedule`, `key:NoExecute`, `key`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SET = re.compile(r"(?P<key>\S+)\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)")
EQUAL = re.compile(r"(?P<key>[^\s=!]+)\s*(?P<operator>==?|!=)\s*(?P<value>[^\s=!]*)")
BARE = re.compile(r"(?P<no>!?)\s*(?P<key>[^\s=!()]+)")
MAX_LINES = 200


class TextRefused(ValueError):
    """A line that is no condition and no toleration; `message` says which and how to write it."""

    def __init__(self, message: StrOrPromise) -> None:
        super().__init__(str(message))
        self.message = message


def selector_parse(text: str) -> list[dict[str, Any]]:
    """The conditions of a text as a selector; raises TextRefused naming the line."""
    return [_condition(line) for line in _lines(text)]


def selector_format(selector: Sequence[Mapping[str, Any]]) -> str:
    """The text that `selector_parse` reads back."""
    return "\n".join(condition_format(term) for term in selector)


def condition_format(term: Mapping[str, Any]) -> str:
    """One condition as text."""
    key, operator = term["key"], term["operator"]
    if operator in {"Exists", "DoesNotExist"}:
        return f"{'!' if operator == 'DoesNotExist' else ''}{key}"
    values = list(term.get("values") or ())
    if len(values) == 1 and values[0]:
        return f"{key}{'=' if operator == 'In' else '!='}{values[0]}"
    return f"{key} {'in' if operator == 'In' else 'notin'} ({', '.join(values)})"


def tolerations_parse(text: str) -> list[dict[str, Any]]:
    """The lines of a text as tolerations; raises TextRefused naming the line."""
    return [_toleration(line) for line in _lines(text)]


def tolerations_format(tolerations: Sequence[Mapping[str, Any]]) -> str:
    """The text that `tolerations_parse` reads back."""
    return "\n".join(toleration_format(item) for item in tolerations)


def toleration_format(item: Mapping[str, Any]) -> str:
    """One toleration as text."""
    value = "" if item.get("operator") == "Exists" else f"={item.get('value', '')}"
    effect = item.get("effect", "")
    return f"{item['key']}{value}{':' + effect if effect else ''}"


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    if len(found) > MAX_LINES:
        raise TextRefused(_("At most %(most)s lines.") % {"most": MAX_LINES})
    return found


def _condition(line: str) -> dict[str, Any]:
    if found := SET.fullmatch(line):
        values = [value.strip() for value in found["values"].split(",")]
        operator = "In" if found["operator"] == "in" else "NotIn"
        return {"key": found["key"], "operator": operator, "values": values}
    if found := EQUAL.fullmatch(line):
        operator = "NotIn" if found["operator"] == "!=" else "In"
        return {"key": found["key"], "operator": operator, "values": [found["value"]]}
    if found := BARE.fullmatch(line):
        return {"key": found["key"], "operator": "DoesNotExist" if found["no"] else "Exists"}
    text = _("“%(line)s” is no condition. Write it as zone in (a, b), gpu=h100, gpu or !gpu.")
    raise TextRefused(text % {"line": line[:60]})


def _toleration(line: str) -> dict[str, Any]:
    rest, _colon, effect = line.partition(":")
    key, equals, value = rest.partition("=")
    if not key.strip() or " " in line:
        text = _("“%(line)s” is no toleration. Write it as key=value:NoSchedule or key:NoSchedule.")
        raise TextRefused(text % {"line": line[:60]})
    found = {"key": key, "operator": "Equal" if equals else "Exists"}
    found |= {"value": value} if equals else {}
    return found | ({"effect": effect} if effect else {})
