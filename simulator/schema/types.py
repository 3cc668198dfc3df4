"""Types of fields, read from kinds.json and put together when they are first asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "kinds.json"
# What an absent key of a list item stands for (core/v1 ContainerPort, ServicePort).
KEY_DEFAULTS = {"protocol": "TCP"}


@cache
def schema_file() -> dict[str, Any]:
    """Everything that was read from a real API server."""
    content: dict[str, Any] = json.loads(SOURCE.read_text(encoding="utf-8"))
    return content


@dataclass(frozen=True)
class Type:
    """One type: struct (`fields`), map (`values`), list (`items`) or scalar (`scalar`).

    `atomic` is owned and replaced as a whole. `keys` identify a list's items, `is_set` says that
    items identify themselves. `merge_key` and `strategy` are those of strategic merge patches.
    """

    name: str = ""
    scalar: str = ""
    raw_fields: dict[str, Any] | None = None
    raw_values: dict[str, Any] | None = None
    raw_items: dict[str, Any] | None = None
    atomic: bool = False
    keys: tuple[str, ...] = ()
    is_set: bool = False
    merge_key: str = ""
    strategy: tuple[str, ...] = ()
    is_always_there: bool = False
    _known: dict[str, Type] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_struct(self) -> bool:
        """Named fields."""
        return self.raw_fields is not None

    @property
    def is_map(self) -> bool:
        """Any keys, values of one type."""
        return self.raw_values is not None

    @property
    def is_list(self) -> bool:
        """Items of one type."""
        return self.raw_items is not None

    def child(self, key: str) -> Type | None:
        """The type of a field, of a map's value (any key) or of a list's item (""); or None."""
        if key in self._known:
            return self._known[key]
        if self.raw_fields is not None:
            raw = self.raw_fields.get(key)
        else:
            raw = self.raw_values if self.raw_values is not None else self.raw_items
        if raw is None:
            return None
        found = _type_of(raw)
        self._known[key] = found
        return found

    @property
    def item(self) -> Type:
        """The type of a list's items."""
        return self.child("") or ANY

    @property
    def value(self) -> Type:
        """The type of a map's values."""
        return self.child("") or ANY


ANY = Type(scalar="any")


def _type_of(raw: dict[str, Any]) -> Type:
    named = raw.get("ref")
    base = schema_file()["types"].get(named, {"t": "any"}) if named else raw
    atomic = "atomic" in (raw.get("map"), base.get("map"))
    listed = raw.get("list", "atomic") if "items" in raw else ""
    return Type(
        name=(named or "").rpartition(".")[2],
        scalar=base.get("t", ""),
        raw_fields=base.get("fields"),
        raw_values=base.get("values"),
        raw_items=base.get("items"),
        atomic=atomic or listed == "atomic",
        keys=tuple(raw.get("keys", ())) if listed == "map" else (),
        is_set=listed == "set",
        merge_key=raw.get("mkey", ""),
        strategy=tuple(raw.get("strategy", "").split(",")) if "strategy" in raw else (),
        is_always_there=bool(raw.get("val")),
    )


@cache
def type_of_kind(kind: str) -> Type:
    """The type of a kind's objects; ANY for one that is not described."""
    named = schema_file()["roots"].get(kind)
    return _type_of({"ref": named}) if named else ANY
