"""What can be said of an expression before it is evaluated: names and the type of its value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.cel.evaluate import MACROS
from simulator.cel.parse import Node, parse

NAMES = frozenset(
    {"object", "oldObject", "request", "params", "namespaceObject", "variables", "jsonpatch",
     "Object", "JSONPatch", "authorizer"}
)  # fmt: skip
LITERALS: dict[type, str] = {int: "int", float: "double", str: "string"}


def problem(text: str, *, boolean: bool) -> str:
    """Why an API server would refuse an expression; empty where nothing is known of it.

    Raises NotUnderstood where it can't be read.
    """
    tree = parse(text)
    for name in _free(tree, NAMES):
        return _undeclared(text.strip(), name)
    found = _type(tree)
    return f"must evaluate to bool but got {found}" if boolean and found else ""


def _free(node: Node, known: frozenset[str]) -> Iterator[str]:
    """Names that nobody has given a meaning."""
    if node.kind == "name" and node.value not in known:
        yield str(node.value)
    if node.kind == "method" and node.value in MACROS:
        target, name, *rest = node.parts
        yield from _free(target, known)
        for part in rest:
            yield from _free(part, known | {str(name.value)})
        return
    for part in node.parts:
        yield from _free(part, known)


def _undeclared(text: str, name: str) -> str:
    found = re.search(rf"\b{re.escape(name)}\b", text)
    start = found.start() if found else 0
    lines = text[:start].split("\n")
    line, column = text.split("\n")[len(lines) - 1], len(lines[-1]) + 1
    return (
        f"compilation failed: ERROR: <input>:{len(lines)}:{column}: undeclared reference to"
        f" '{name}' (in container '')\n | {line}\n | {'.' * (column - 1)}^"
    )


def _type(node: Node) -> str:
    """The type of a value that is certainly no truth; empty for the others."""
    if node.kind == "literal" and type(node.value) in LITERALS:
        return LITERALS[type(node.value)]
    root = node
    while root.kind in ("field", "index"):
        root = root.parts[0]
    objects = ("object", "oldObject")
    return "dyn" if root.kind == "name" and root.value in objects else ""
