"""Sets of fields as managedFields spells them, and the arithmetic of ownership.

A set is the nested dict of FieldsV1: "f:name" for a field, 'k:{"name":"x"}' and 'v:"x"' for items
of a list, "." for the node itself. Rules as in sigs.k8s.io/structured-merge-diff.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.objects import dump, load
from simulator.schema.types import KEY_DEFAULTS, Type

FieldSet = dict[str, Any]
ABSENT: Any = object()
# Written by the server, or saying which object it is: owned by nobody.
UNOWNED = (
    ("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"),
    ("metadata", "creationTimestamp"), ("metadata", "selfLink"), ("metadata", "uid"),
    ("metadata", "generation"), ("metadata", "managedFields"), ("metadata", "resourceVersion"),
    ("metadata", "deletionTimestamp"), ("metadata", "deletionGracePeriodSeconds"),
)  # fmt: skip


class SchemaMismatch(ValueError):
    """An applied object that does not fit its schema."""


def item_key(item: Any, kind: Type) -> str:
    """What identifies an item of a list in a set of fields."""
    if kind.is_set:
        return "v:" + dump(item).decode()
    named = item if isinstance(item, dict) else {}
    found = {key: named.get(key, KEY_DEFAULTS.get(key)) for key in sorted(kind.keys)}
    return "k:" + dump({k: v for k, v in found.items() if v is not None}).decode()


def children(value: Any, kind: Type) -> dict[str, tuple[Any, Type]] | None:
    """Parts of a value by their names in a set; None where it is owned as a whole."""
    if kind.atomic or value is None:
        return None
    if isinstance(value, dict) and (kind.is_struct or kind.is_map):
        found = {}
        for key, item in value.items():
            child = kind.child(key)
            if child is not None:
                found[f"f:{key}"] = (item, child)
        return found
    if isinstance(value, list) and (kind.keys or kind.is_set):
        return {item_key(item, kind): (item, kind.item) for item in value}
    return None


def applied_set(value: Any, kind: Type) -> FieldSet:
    """The fields that an applied configuration claims."""
    parts = children(value, kind)
    if parts is None:
        return {}
    out: FieldSet = {}
    for name, (item, child) in parts.items():
        inner = applied_set(item, child)
        if name.startswith(("k:", "v:")):
            if inner:
                inner = {".": {}} | inner
            out[name] = inner
        elif inner or children(item, child) is None or item in ({}, None) or kind.is_map:
            out[name] = inner
    return out


def changed_set(old: Any, new: Any, kind: Type) -> FieldSet:
    """The fields that are new or have another value; `old` may be ABSENT."""
    out: FieldSet = {}
    before = {} if old is ABSENT else children(old, kind) or {}
    after = children(new, kind)
    for name, (item, child) in (after or {}).items():
        unwritten = ABSENT
        if old is not ABSENT and child.is_always_there:
            unwritten = {} if child.is_struct else None
        previous = before.get(name, (unwritten, child))[0]
        if previous is not ABSENT and previous == item:
            continue
        if children(item, child) is None:
            out[name] = {}
            continue
        inner = changed_set(previous, item, child)
        if previous is ABSENT:
            inner = {".": {}} | inner if inner else {}
            out[name] = inner
        elif inner:
            out[name] = inner
    return out


def owned_changes(old: Any, new: Any, kind: Type, owned: FieldSet) -> Iterator[tuple[str, ...]]:
    """Paths of a set whose values differ between two objects (or are gone from the new one)."""
    before, after = children(old, kind) or {}, children(new, kind) or {}
    for name, inner in owned.items():
        if name == ".":
            continue
        there = after.get(name)
        here = before.get(name)
        if there is None:
            yield from _all_paths(name, inner)
            continue
        child = there[1]
        if here is not None and here[0] == there[0]:
            continue
        if children(there[0], child) is None or not inner:
            if here is None or children(there[0], child) is None:
                yield (name,)
            continue
        for path in owned_changes(here[0] if here else None, there[0], child, inner):
            yield (name, *path)


def _all_paths(name: str, inner: FieldSet) -> Iterator[tuple[str, ...]]:
    """A node that is gone, with everything below it."""
    if not inner:
        yield (name,)
        return
    for key, below in inner.items():
        if key == ".":
            yield (name, ".")
        else:
            for path in _all_paths(key, below):
                yield (name, *path)


def without_paths(owned: FieldSet, paths: list[tuple[str, ...]]) -> FieldSet:
    """A set without some of its paths."""
    heads: dict[str, list[tuple[str, ...]]] = {}
    gone = {path[0] for path in paths if len(path) == 1}
    for path in paths:
        heads.setdefault(path[0], []).append(path[1:])
    out: FieldSet = {}
    for name, inner in owned.items():
        if name in gone:
            continue
        if name in heads:
            left = without_paths(inner, heads[name])
            if left:
                out[name] = {} if list(left) == ["."] else left
            continue
        out[name] = inner
    return out


def union(one: FieldSet, other: FieldSet) -> FieldSet:
    """What is in either set."""
    out = dict(one)
    for name, inner in other.items():
        if name in out:
            mine = out[name]
            if bool(mine) != bool(inner):
                merged = union(mine, inner)
                out[name] = {".": {}} | merged if name[0] in "fkv" else merged
            else:
                out[name] = union(mine, inner)
        else:
            out[name] = inner
    return out


def minus(one: FieldSet, other: FieldSet) -> FieldSet:
    """What is in the first set and not in the second."""
    out: FieldSet = {}
    for name, inner in one.items():
        if name not in other:
            out[name] = inner
            continue
        if not inner:
            continue
        left = minus(inner, other[name])
        if left:
            out[name] = {} if list(left) == ["."] else left
    return out


def leaf_paths(owned: FieldSet) -> Iterator[tuple[str, ...]]:
    """Every member of a set as a path."""
    for name, inner in owned.items():
        if name == ".":
            continue
        if not inner or "." in inner:
            yield (name,)
        for path in leaf_paths(inner):
            yield (name, *path)


def strip_unowned(owned: FieldSet) -> FieldSet:
    """Without what belongs to nobody."""
    out = dict(owned)
    for path in UNOWNED:
        node = out
        for part in path[:-1]:
            inner = node.get(f"f:{part}")
            if inner is None:
                break
            node[f"f:{part}"] = dict(inner)
            node = node[f"f:{part}"]
        else:
            node.pop(f"f:{path[-1]}", None)
    if not {k for k in out.get("f:metadata", {"x": 1}) if k != "."}:
        out.pop("f:metadata", None)
    elif "f:metadata" in out:
        out["f:metadata"].pop(".", None)
    return out


def path_text(path: tuple[str, ...]) -> str:
    """A path as conflicts name it."""
    text = ""
    for part in path:
        mark, rest = part[0], part[2:]
        if mark == "f":
            text += f".{rest}"
        elif mark == "v":
            text += f"[={rest}]"
        elif mark == "k":
            keys = load(rest.encode())
            shown = ",".join(f"{k}={dump(v).decode()}" for k, v in sorted(keys.items()))
            text += f"[{shown}]"
    return text
