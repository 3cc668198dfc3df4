"""From the text of an expression to a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\|\||&&|==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}]))""",
    re.X,
)
LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
WORDS = {"true": True, "false": False, "null": None}


class NotUnderstood(ValueError):
    """An expression, or a part of one, that the simulator has no meaning for."""


@dataclass(frozen=True)
class Node:
    """One node: what it is, its own value, and its parts."""

    kind: str
    value: Any = None
    parts: tuple[Node, ...] = ()
    names: tuple[str, ...] = ()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        place = 0
        text = text.strip()
        while place < len(text):
            found = TOKEN.match(text, place)
            if found is None:
                raise NotUnderstood(f"the expression at {text[place : place + 20]!r}")
            self._tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            place = found.end()
        self._place = 0

    def peek(self) -> str:
        """The next token, empty at the end."""
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def take(self, wanted: str = "") -> tuple[str, str]:
        """Take the next token, which must be `wanted` where that is given."""
        if self._place >= len(self._tokens):
            raise NotUnderstood("the end of an expression")
        kind, token = self._tokens[self._place]
        if wanted and token != wanted:
            raise NotUnderstood(f"{token!r} where {wanted!r} is expected")
        self._place += 1
        return kind, token

    def accept(self, token: str) -> bool:
        """Take the next token if it is this one."""
        if self.peek() != token or self._tokens[self._place][0] == "text":
            return False
        self._place += 1
        return True


def parse(text: str) -> Node:
    """The tree of an expression; raises NotUnderstood."""
    reader = _Reader(text)
    tree = _ternary(reader)
    if reader.peek():
        raise NotUnderstood(f"{reader.peek()!r} after the end of an expression")
    return tree


def _ternary(reader: _Reader) -> Node:
    condition = _binary(reader, 0)
    if not reader.accept("?"):
        return condition
    yes = _ternary(reader)
    reader.take(":")
    return Node("ternary", parts=(condition, yes, _ternary(reader)))


def _binary(reader: _Reader, level: int) -> Node:
    if level == len(LEVELS):
        return _unary(reader)
    left = _binary(reader, level + 1)
    while reader.peek() in LEVELS[level]:
        _kind, operator = reader.take()
        left = Node("binary", operator, (left, _binary(reader, level + 1)))
    return left


def _unary(reader: _Reader) -> Node:
    for operator in ("!", "-"):
        if reader.accept(operator):
            return Node("unary", operator, (_unary(reader),))
    return _member(reader)


def _member(reader: _Reader) -> Node:
    node = _primary(reader)
    while True:
        if reader.accept("."):
            _kind, name = reader.take()
            if reader.accept("("):
                node = Node("method", name, (node, *_items(reader, ")")))
            else:
                node = Node("field", name, (node,))
        elif reader.accept("["):
            index = _ternary(reader)
            reader.take("]")
            node = Node("index", parts=(node, index))
        elif reader.peek() == "{" and node.kind in ("field", "name"):
            reader.take()
            node = _entries(reader, "object", keep_names=True)
        else:
            return node


def _primary(reader: _Reader) -> Node:
    kind, word = reader.take()
    if kind == "number":
        return Node("literal", float(word) if "." in word else int(word))
    if kind == "text":
        return Node("literal", re.sub(r"\\(.)", r"\1", word[1:-1]))
    if kind == "name":
        if word in WORDS:
            return Node("literal", WORDS[word])
        if reader.accept("("):
            return Node("call", word, tuple(_items(reader, ")")))
        return Node("name", word)
    if word == "(":
        inner = _ternary(reader)
        reader.take(")")
        return inner
    if word == "[":
        return Node("list", parts=tuple(_items(reader, "]")))
    if word == "{":
        return _entries(reader, "map", keep_names=False)
    raise NotUnderstood(f"{word!r} in an expression")


def _items(reader: _Reader, end: str) -> list[Node]:
    found: list[Node] = []
    while not reader.accept(end):
        if found:
            reader.take(",")
            if reader.accept(end):
                break
        found.append(_ternary(reader))
    return found


def _entries(reader: _Reader, kind: str, *, keep_names: bool) -> Node:
    names: list[str] = []
    parts: list[Node] = []
    while not reader.accept("}"):
        if parts:
            reader.take(",")
            if reader.accept("}"):
                break
        if keep_names:
            names.append(reader.take()[1])
        else:
            parts.append(_ternary(reader))
        reader.take(":")
        parts.append(_ternary(reader))
    return Node(kind, parts=tuple(parts), names=tuple(names))
