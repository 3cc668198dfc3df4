"""Objects as the rows that kubectl prints (k8s.io/kubernetes/pkg/printers/internalversion)."""

from __future__ import annotations

from simulator.api.columns import COLUMNS, cells
from simulator.kinds.registry import Kind
from simulator.objects import Object
from simulator.store.store import Stored

META = "meta.k8s.io/v1"


def partial(kind: Kind, stored: Stored) -> Object:
    """The metadata alone."""
    head = {"kind": "PartialObjectMetadata", "apiVersion": META}
    return head | {"metadata": stored.obj["metadata"]}


def partial_list(kind: Kind, items: list[Stored], metadata: Object) -> Object:
    """The metadata of many."""
    found = [partial(kind, item) for item in items]
    head = {"kind": "PartialObjectMetadataList", "apiVersion": META}
    return head | {"metadata": metadata, "items": found}


def table(kind: Kind, items: list[Stored], metadata: Object) -> Object:
    """A table of objects."""
    if items and not metadata:
        metadata = {"resourceVersion": items[0].obj["metadata"]["resourceVersion"]}
    return {
        "kind": "Table",
        "apiVersion": META,
        "metadata": metadata,
        "columnDefinitions": columns_of(kind),
        "rows": [_row(kind, item) for item in items],
    }


def table_line(kind: Kind, stored: Stored, *, columns: bool) -> Object:
    """One object of a watch as a table; only the first names its columns."""
    return {
        "kind": "Table",
        "apiVersion": META,
        "metadata": {"resourceVersion": stored.obj["metadata"]["resourceVersion"]},
        "columnDefinitions": columns_of(kind) if columns else None,
        "rows": [_row(kind, stored)],
    }


def columns_of(kind: Kind) -> list[Object]:
    """The definitions of a kind's columns."""
    return [
        {
            "name": name,
            "type": type_,
            "format": "name" if name == "Name" else "",
            "description": "",
            "priority": priority,
        }
        for name, type_, priority in COLUMNS.get(kind.name, COLUMNS[""])
    ]


def _row(kind: Kind, stored: Stored) -> Object:
    found: Object = {"cells": cells(kind.name, stored.obj), "object": partial(kind, stored)}
    return found
