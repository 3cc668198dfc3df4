"""What an expression means, on plain data: the part of CEL that admission policies use.

https://github.com/google/cel-spec and the libraries that Kubernetes adds; what is not here is
refused when a policy is created, so that no policy is half understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from simulator.cel.parse import Node, NotUnderstood, parse

Scope = Mapping[str, Any]
MACROS = {"all", "exists", "exists_one", "map", "filter"}


class EvaluationError(ValueError):
    """An expression that has no value here, such as a key that is not there."""


def _size(value: Any) -> int:
    return len(value)


def _join(items: list[str], separator: str = "") -> str:
    return separator.join(items)


METHODS: dict[str, Callable[..., Any]] = {
    "startsWith": lambda text, head: text.startswith(head),
    "endsWith": lambda text, tail: text.endswith(tail),
    "contains": lambda text, part: part in text,
    "matches": lambda text, form: re.search(form, text) is not None,
    "split": lambda text, separator: text.split(separator),
    "join": _join,
    "size": _size,
    "lowerAscii": lambda text: text.lower(),
    "upperAscii": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "replace": lambda text, old, new: text.replace(old, new),
    "escapeKey": lambda _self, key: key.replace("~", "~0").replace("/", "~1"),
}
FUNCTIONS: dict[str, Callable[..., Any]] = {"size": _size, "string": str, "int": int}
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: a == b and isinstance(a, bool) == isinstance(b, bool),
    "!=": lambda a, b: not (a == b and isinstance(a, bool) == isinstance(b, bool)),
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: int(a / b) if isinstance(a, int) else a / b,
    "%": lambda a, b: a % b,
}


class Expression:
    """One expression, parsed and checked; evaluated as often as wanted."""

    def __init__(self, text: str) -> None:
        """Raises NotUnderstood."""
        self.text = text
        self._tree = parse(text)
        _check(self._tree)

    def value(self, scope: Scope) -> Any:
        """The value with these names; raises EvaluationError."""
        try:
            return _value(self._tree, scope)
        except (TypeError, AttributeError, ZeroDivisionError) as problem:
            raise EvaluationError(f"no such overload: {problem}") from None


def _check(node: Node) -> None:
    if node.kind == "method" and node.value not in METHODS and node.value not in MACROS:
        raise NotUnderstood(f"the CEL function {node.value}")
    if node.kind == "call" and node.value not in FUNCTIONS and node.value != "has":
        raise NotUnderstood(f"the CEL function {node.value}")
    if node.kind == "method" and node.value in MACROS and node.parts[1].kind != "name":
        raise NotUnderstood(f"the CEL macro {node.value} in this form")
    for part in node.parts:
        _check(part)


def _value(node: Node, scope: Scope) -> Any:
    return _MEANINGS[node.kind](node, scope)


def _name(node: Node, scope: Scope) -> Any:
    if node.value == "jsonpatch":
        return None
    if node.value not in scope:
        raise EvaluationError(f"undeclared reference to '{node.value}'")
    return scope[node.value]


def _field(node: Node, scope: Scope) -> Any:
    holder = _value(node.parts[0], scope)
    if not isinstance(holder, Mapping) or node.value not in holder:
        raise EvaluationError(f"no such key: {node.value}")
    return holder[node.value]


def _index(node: Node, scope: Scope) -> Any:
    holder, key = _value(node.parts[0], scope), _value(node.parts[1], scope)
    try:
        return holder[key]
    except (KeyError, IndexError):
        raise EvaluationError(f"no such key: {key}") from None


def _binary(node: Node, scope: Scope) -> Any:
    if node.value in ("||", "&&"):
        return _logical(node, scope, decisive=node.value == "||")
    return OPERATORS[node.value](_value(node.parts[0], scope), _value(node.parts[1], scope))


def _logical(node: Node, scope: Scope, *, decisive: bool) -> bool:
    """Either side may decide; an error counts only where the other side does not."""
    error: EvaluationError | None = None
    for part in node.parts:
        try:
            found = _value(part, scope)
        except EvaluationError as problem:
            error = problem
            continue
        if not isinstance(found, bool):
            raise EvaluationError("no such overload")
        if found is decisive:
            return decisive
    if error is not None:
        raise error
    return not decisive


def _unary(node: Node, scope: Scope) -> Any:
    found = _value(node.parts[0], scope)
    if node.value == "-":
        return -found
    if not isinstance(found, bool):
        raise EvaluationError("no such overload")
    return not found


def _ternary(node: Node, scope: Scope) -> Any:
    condition = _value(node.parts[0], scope)
    if not isinstance(condition, bool):
        raise EvaluationError("no such overload")
    return _value(node.parts[1 if condition else 2], scope)


def _call(node: Node, scope: Scope) -> Any:
    if node.value == "has":
        target = node.parts[0]
        holder = _value(target.parts[0], scope)
        return isinstance(holder, Mapping) and holder.get(target.value) is not None
    return FUNCTIONS[node.value](*(_value(part, scope) for part in node.parts))


def _method(node: Node, scope: Scope) -> Any:
    target = _value(node.parts[0], scope)
    if node.value in MACROS:
        return _macro(node, target, scope)
    arguments = [_value(part, scope) for part in node.parts[1:]]
    return METHODS[node.value](target, *arguments)


def _macro(node: Node, target: Any, scope: Scope) -> Any:
    name, *rest = node.parts[1:]

    def each(part: Node) -> Iterator[Any]:
        for item in target:
            yield item, _value(part, {**scope, name.value: item})

    if node.value == "map":
        if len(rest) == 1:
            return [found for _item, found in each(rest[0])]
        kept = [item for item, found in each(rest[0]) if found]
        return [_value(rest[1], {**scope, name.value: item}) for item in kept]
    if node.value == "filter":
        return [item for item, found in each(rest[0]) if found]
    if node.value == "exists_one":
        return sum(bool(found) for _item, found in each(rest[0])) == 1
    return _quantified(node.value == "exists", target, name.value, rest[0], scope)


def _quantified(decisive: bool, target: Any, name: str, body: Node, scope: Scope) -> Any:
    error: EvaluationError | None = None
    for item in target:
        try:
            found = _value(body, {**scope, name: item})
        except EvaluationError as problem:
            error = problem
            continue
        if found is decisive:
            return decisive
    if error is not None:
        raise error
    return not decisive


def _map(node: Node, scope: Scope) -> dict[Any, Any]:
    values = [_value(part, scope) for part in node.parts]
    return dict(zip(values[::2], values[1::2], strict=True))


def _object(node: Node, scope: Scope) -> dict[str, Any]:
    values = (_value(part, scope) for part in node.parts)
    return dict(zip(node.names, values, strict=True))


_MEANINGS: dict[str, Callable[[Node, Scope], Any]] = {
    "literal": lambda node, _scope: node.value,
    "name": _name,
    "field": _field,
    "index": _index,
    "binary": _binary,
    "unary": _unary,
    "ternary": _ternary,
    "call": _call,
    "method": _method,
    "list": lambda node, scope: [_value(part, scope) for part in node.parts],
    "map": _map,
    "object": _object,
}
