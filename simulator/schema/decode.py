"""Reads a body as a Go struct would: types checked, unknown fields noted, empty ones left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.kinds.quantity import BadQuantity, canonical
from simulator.objects import clone
from simulator.schema.scalars import bytes_problem, fine_moment_problem, moment_problem
from simulator.schema.types import Type

GO_SCALARS = {
    "string": "string",
    "integer": "int32",
    "int64": "int64",
    "boolean": "bool",
    "number": "float64",
    "time": "string",
    "microtime": "string",
    "bytes": "[]uint8",
}
PROBLEMS = {
    "bytes": bytes_problem, "time": moment_problem, "microtime": fine_moment_problem,
}  # fmt: skip
INTEGERS = {"integer": 2**31, "int64": 2**63}
ZEROS: dict[str, Any] = {"string": "", "integer": 0, "int64": 0, "number": 0, "boolean": False}
# Lists and maps that are written even where they are empty.
KEPT_EMPTY = {"items", "rules", "resourceRules", "columnDefinitions"}


class BadType(ValueError):
    """A value that its field can't take, in Go's words."""


@dataclass
class Decoding:
    """One body being read; `unknown` collects the paths of fields that nobody knows."""

    unknown: list[str] = field(default_factory=list)

    def read(self, value: Any, kind: Type, *, path: str = "", struct: str = "") -> Any:
        """The cleaned value; raises BadType."""
        if value is None or kind.scalar == "any":
            return value
        if kind.is_struct:
            return self._struct(value, kind, path, struct)
        if kind.is_map:
            return self._map(value, kind, path, struct)
        if kind.is_list:
            return self._list(value, kind, path, struct)
        return self._scalar(value, kind, path, struct)

    def _struct(self, value: Any, kind: Type, path: str, struct: str) -> Any:
        if not isinstance(value, dict):
            raise BadType(_message(value, struct, path, f"v1.{kind.name}"))
        out = {}
        for key, item in value.items():
            child = kind.child(key)
            if child is None:
                self.unknown.append(f"{path}.{key}" if path else key)
                continue
            below = f"{path}.{key}" if path else key
            found = self.read(item, child, path=below, struct=kind.name)
            if not _is_left_out(found, child, key):
                out[key] = found
        return out

    def _map(self, value: Any, kind: Type, path: str, struct: str) -> Any:
        child = kind.value
        if not isinstance(value, dict):
            raise BadType(_message(value, struct, path, f"map[string]{_go(child)}"))
        found = {
            key: self.read(item, child, path=path, struct=struct) for key, item in value.items()
        }
        empty: Any = "" if child.scalar == "string" else "0" if child.scalar == "quantity" else None
        return {key: empty if item is None else item for key, item in found.items()}

    def _list(self, value: Any, kind: Type, path: str, struct: str) -> Any:
        if not isinstance(value, list):
            raise BadType(_message(value, struct, path, f"[]{_go(kind.item)}"))
        zero = {} if kind.item.is_struct else ZEROS.get(kind.item.scalar)
        found = [
            self.read(item, kind.item, path=f"{path}[{index}]", struct=struct)
            for index, item in enumerate(value)
        ]
        return [clone(zero) if item is None else item for item in found]

    def _scalar(self, value: Any, kind: Type, path: str, struct: str) -> Any:
        scalar = kind.scalar
        if scalar == "quantity":
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise BadType("json: cannot unmarshal into Quantity")
            try:
                return canonical(str(value))
            except BadQuantity as problem:
                raise BadType(str(problem)) from None
        if scalar == "intstr":
            good = isinstance(value, str | int) and not isinstance(value, bool)
        elif scalar in ("string", "time", "microtime", "bytes"):
            good = isinstance(value, str)
        elif scalar == "boolean":
            good = isinstance(value, bool)
        else:
            good = isinstance(value, int | float) and not isinstance(value, bool)
            if good and scalar in INTEGERS:
                return _integer(value, kind, path, struct)
        if not good:
            raise BadType(_message(value, struct, path, _go(kind)))
        why = PROBLEMS[scalar](value) if scalar in PROBLEMS else ""
        if why:
            raise BadType(why)
        return value


def _integer(value: float, kind: Type, path: str, struct: str) -> int:
    if int(value) != value or not -INTEGERS[kind.scalar] <= value < INTEGERS[kind.scalar]:
        raise BadType(_message(value, struct, path, _go(kind), shown=f"number {value}"))
    return int(value)


def _is_left_out(value: Any, kind: Type, key: str) -> bool:
    """Go leaves empty values out; structs that were given stay."""
    if value is None or value == "":
        return True
    if value in ([], {}) and not kind.is_struct and kind.scalar != "any":
        return key not in KEPT_EMPTY
    return False


def _go(kind: Type) -> str:
    if kind.is_struct:
        return f"v1.{kind.name}"
    if kind.is_map:
        return f"map[string]{_go(kind.value)}"
    if kind.is_list:
        return f"[]{_go(kind.item)}"
    return GO_SCALARS.get(kind.scalar, "string")


def _message(value: Any, struct: str, path: str, wanted: str, *, shown: str = "") -> str:
    names: dict[type, str] = {bool: "bool", str: "string", dict: "object", list: "array"}
    found = shown or names.get(type(value), "number")
    plain = "".join(part.partition("[")[0] + "." for part in path.split(".")).rstrip(".")
    return f"json: cannot unmarshal {found} into Go struct field {struct}.{plain} of type {wanted}"
