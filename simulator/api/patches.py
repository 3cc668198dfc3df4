"""JSON merge (RFC 7396), JSON patch (RFC 6902) and strategic merge patches."""

from __future__ import annotations

from typing import Any

from simulator.api.errors import StatusError, bad_request, internal
from simulator.objects import clone
from simulator.schema.types import Type

Path = list[str]
OPERATIONS = ("add", "copy", "move", "remove", "replace", "test")


def merge_patch(target: Any, patch: Any) -> Any:
    """Lay a merge patch over a value: null removes, lists are replaced."""
    if not isinstance(patch, dict):
        return clone(patch)
    out = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merge_patch(out.get(key), value)
    return out


def rejected() -> StatusError:
    """A JSON patch that can't be carried out."""
    text = "the server rejected our request due to an error in our request"
    return StatusError(422, "Invalid", text, details={})


def json_patch(target: Any, operations: Any) -> Any:
    """Carry out the operations of a JSON patch; raises StatusError."""
    if not isinstance(operations, list):
        kind = "object" if isinstance(operations, dict) else "string"
        raise bad_request(
            f"error decoding patch: json: cannot unmarshal {kind} into Go value of type"
            " []handlers.jsonPatchOp"
        )
    out = clone(target)
    for operation in operations:
        try:
            out = _operate(out, operation)
        except (KeyError, IndexError, ValueError, TypeError, AttributeError):
            raise rejected() from None
    return out


def _parts(text: str) -> Path:
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _operate(target: Any, operation: dict[str, Any]) -> Any:
    name, path = operation["op"], _parts(operation["path"])
    if name not in OPERATIONS:
        raise ValueError(name)
    if name == "test":
        if _look(target, path) != operation.get("value"):
            raise ValueError("test failed")
        return target
    if name in ("move", "copy"):
        source = _parts(operation["from"])
        value = clone(_look(target, source))
        if name == "move":
            _take(target, source)
        _put(target, path, value, insert=True)
        return target
    if name == "remove":
        _take(target, path)
        return target
    value = clone(operation.get("value"))
    if not path:
        return value
    if name == "replace":
        _look(target, path)
    _put(target, path, value, insert=name == "add")
    return target


def _look(target: Any, path: Path) -> Any:
    for part in path:
        target = target[int(part)] if isinstance(target, list) else target[part]
    return target


def _put(target: Any, path: Path, value: Any, *, insert: bool) -> None:
    holder, last = _look(target, path[:-1]), path[-1]
    if not isinstance(holder, list):
        holder[last] = value
    elif last == "-":
        holder.append(value)
    elif insert:
        if int(last) > len(holder):
            raise IndexError(last)
        holder.insert(int(last), value)
    else:
        holder[int(last)] = value


def _take(target: Any, path: Path) -> None:
    holder, last = _look(target, path[:-1]), path[-1]
    del holder[int(last) if isinstance(holder, list) else last]


def strategic_patch(target: Any, patch: Any, kind: Type) -> Any:
    """Lay a strategic merge patch over a value, by the merge keys of its type."""
    if not isinstance(patch, dict):
        return clone(patch)
    if patch.get("$patch", "merge") != "merge":
        return _directed(patch)
    out = dict(target) if isinstance(target, dict) else {}
    retained = patch.get("$retainKeys")
    if retained is not None:
        out = {key: value for key, value in out.items() if key in retained}
    for key, value in patch.items():
        if key in ("$patch", "$retainKeys") or key.startswith("$setElementOrder/"):
            continue
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            out[name] = [item for item in out.get(name) or () if item not in value]
            continue
        child = kind.child(key)
        order = patch.get(f"$setElementOrder/{key}")
        _set_field(out, key, value, child, order)
    for key, order in patch.items():
        name = key.partition("/")[2]
        if key.startswith("$setElementOrder/") and name not in patch and name in out:
            child = kind.child(name)
            key = child.merge_key if child else ""
            server = [_name_of(item, key) for item in out[name]]
            out[name] = _ordered(out[name], order, server, key)
    return out


def _directed(patch: dict[str, Any]) -> Any:
    """What a patch leaves that does not merge."""
    directive = patch["$patch"]
    if directive == "replace":
        return clone({k: v for k, v in patch.items() if k != "$patch"})
    if directive == "delete":
        return {}
    raise internal(f"unknown patch type: {directive} in map: map[$patch:{directive}]")


def _set_field(out: dict[str, Any], key: str, value: Any, child: Type | None, order: Any) -> None:
    if value is None:
        out.pop(key, None)
    elif isinstance(value, list) and child is not None and "merge" in child.strategy:
        there = out.get(key) or []
        merged = _merge_list(there, value, child)
        if order:
            names = [_name_of(entry, child.merge_key) for entry in order]
            server = [_name_of(item, child.merge_key) for item in there]
            merged = _ordered(merged, names, server, child.merge_key)
        out[key] = merged
    elif isinstance(value, dict) and child is not None and "replace" not in child.strategy:
        out[key] = strategic_patch(out.get(key), value, child)
    elif isinstance(value, dict):
        out[key] = merge_patch(None if child else out.get(key), value)
    else:
        out[key] = clone(value)


def _merge_list(there: list[Any], patch: list[Any], kind: Type) -> list[Any]:
    key = kind.merge_key
    if not key:
        return there + [clone(item) for item in patch if item not in there]
    if {"$patch": "replace"} in patch:
        return [clone(item) for item in patch if item != {"$patch": "replace"}]
    out = list(there)
    for item in patch:
        if not isinstance(item, dict) or key not in item:
            raise bad_request(f"map: {item} does not contain declared merge key: {key}")
        index = next((i for i, old in enumerate(out) if old.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            out = [old for old in out if old.get(key) != item[key]]
        elif index is None:
            out.append(strategic_patch({}, item, kind.item))
        else:
            out[index] = strategic_patch(out[index], item, kind.item)
    named = [item.get(key) for item in patch if item.get("$patch") != "delete"]
    return _ordered(out, named, [old.get(key) for old in there], key)


def _name_of(item: Any, key: str) -> Any:
    return item.get(key) if key and isinstance(item, dict) else item


def _ordered(items: list[Any], order: list[Any], server: list[Any], key: str) -> list[Any]:
    """Items named in an order take that order; the others keep the server's, in between. What the
    server did not have comes first."""
    order = [_name_of(entry, key) for entry in order]
    named = sorted(
        (item for item in items if _name_of(item, key) in order),
        key=lambda item: order.index(_name_of(item, key)),
    )
    others = [item for item in items if _name_of(item, key) not in order]
    out: list[Any] = []
    while named and others:
        name = _name_of(named[0], key)
        first = name not in server or server.index(name) < server.index(_name_of(others[0], key))
        out.append(named.pop(0) if first else others.pop(0))
    return out + named + others
