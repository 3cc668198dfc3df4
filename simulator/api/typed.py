"""Merging an applied configuration into an object, and taking fields out, by their types."""

from __future__ import annotations

from typing import Any

from simulator.api.fieldset import SchemaMismatch, children, item_key
from simulator.objects import clone, dump
from simulator.schema.types import Type


def check(value: Any, kind: Type, path: str = "") -> None:
    """Raise SchemaMismatch where an applied configuration does not fit its schema."""
    if value is None or kind.scalar == "any":
        return
    if kind.is_struct or kind.is_map:
        if not isinstance(value, dict):
            raise SchemaMismatch(f"{path}: expected map, got &{{{_plain(value)}}}")
        for key, item in value.items():
            child = kind.child(key)
            if child is None:
                raise SchemaMismatch(f"{path}.{key}: field not declared in schema")
            check(item, child, f"{path}.{key}")
    elif kind.is_list:
        if not isinstance(value, list):
            raise SchemaMismatch(f"{path}: expected list, got &{{{_plain(value)}}}")
        _check_items(value, kind, path)
    elif not _is_of(value, kind.scalar):
        raise SchemaMismatch(f"{path}: expected {_expected(value, kind.scalar)}")


SCALARS = ("integer", "int64", "number")
GO_TYPES: dict[type, str] = {
    str: "string", bool: "bool", list: "[]interface {}", dict: "map[string]interface {}",
}  # fmt: skip


def _expected(value: Any, scalar: str) -> str:
    """What is expected and what came: Go shows each in another way."""
    if scalar in SCALARS:
        return f"numeric (int or float), got {GO_TYPES.get(type(value), 'nil')}"
    if scalar == "boolean":
        return f"boolean, got &{{{_plain(value)}}}"
    return f"string, got &value.valueUnstructured{{Value:{_plain(value)}}}"


def _is_of(value: Any, scalar: str) -> bool:
    if scalar == "string":
        return isinstance(value, str)
    if scalar == "boolean":
        return isinstance(value, bool)
    if scalar in SCALARS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True


def _check_items(value: list[Any], kind: Type, path: str) -> None:
    seen = set()
    for index, item in enumerate(value):
        check(item, kind.item, f"{path}[{index}]")
        if kind.keys or kind.is_set:
            key = item_key(item, kind)
            if key == "k:{}":
                keys = dump(list(kind.keys)).decode()
                raise SchemaMismatch(
                    f"{path}: element {index}: associative list with keys has an element that omits"
                    f" all key fields {keys} (and doesn't have default values for any key fields)"
                )
            if key in seen:
                raise SchemaMismatch(f"{path}: duplicate entries for key {key[2:]}")
            seen.add(key)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else dump(value).decode()


def merge(live: Any, wanted: Any, kind: Type) -> Any:
    """What is wanted, laid over what is there."""
    if wanted is None:
        return clone(live)
    if live is None or kind.atomic:
        return clone(wanted)
    if isinstance(wanted, dict) and isinstance(live, dict) and (kind.is_struct or kind.is_map):
        out = clone(live)
        for key, item in wanted.items():
            child = kind.child(key)
            out[key] = merge(live.get(key), item, child) if child else clone(item)
        return out
    if isinstance(wanted, list) and isinstance(live, list) and (kind.keys or kind.is_set):
        return _merge_lists(live, wanted, kind)
    return clone(wanted)


def _merge_lists(live: list[Any], wanted: list[Any], kind: Type) -> list[Any]:
    """Items of both: those wanted in their order, the others at their place before them."""
    mine = {item_key(item, kind): item for item in wanted}
    there = {item_key(item, kind): item for item in live}
    out: list[Any] = []
    done: set[str] = set()
    order = list(mine)
    for key, item in there.items():
        if key not in mine:
            out.append(clone(item))
            continue
        while order:
            first = order.pop(0)
            out.append(merge(there.get(first), mine[first], kind.item))
            done.add(first)
            if first == key or key in done:
                break
    out += [merge(there.get(key), mine[key], kind.item) for key in order if key not in done]
    return out


def prune(value: Any, dropped: dict[str, Any], claimed: dict[str, Any], kind: Type) -> Any:
    """Take fields out that nobody owns any more."""
    parts = children(value, kind)
    if parts is None:
        return value
    if isinstance(value, list):
        kept = []
        for item in value:
            key = item_key(item, kind)
            inner = dropped.get(key)
            if inner is not None and (not inner or "." in inner) and key not in claimed:
                continue
            if inner:
                item = prune(item, inner, claimed.get(key, {}), kind.item)
            kept.append(item)
        return kept
    out = dict(value)
    for name, inner in dropped.items():
        key = name[2:]
        if name == "." or key not in out:
            continue
        child = parts[name][1]
        if not inner or children(out[key], child) is None:
            del out[key]
            continue
        out[key] = prune(out[key], inner, claimed.get(name, {}), child)
        if out[key] in ({}, []) and name not in claimed and not child.is_always_there:
            del out[key]
    return out
