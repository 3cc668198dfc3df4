"""Numbers that stand beside places in the shell and what it lists, all by one query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, Count, JSONField, QuerySet, Value

Countable = QuerySet[Any] | int | None
LISTED = "."


def rows_ask(
    wanted: Mapping[str, Countable], listed: QuerySet[Any] | None = None
) -> tuple[dict[str, int], list[Any]]:
    """Count each entry's rows and read `listed`: one query for all, none where nothing needs one.

    A number is taken as it is; None and an empty set of rows count as 0. `listed` is annotated
    with a JSON object `row`; those objects are the second answer, in no order.
    """
    found = {name: entry for name, entry in wanted.items() if isinstance(entry, int)}
    parts: list[QuerySet[Any, Any]] = [
        rows.order_by()
        .values(name=Value(name, CharField()), row=Value(None, JSONField()))
        .annotate(number=Count("pk"))
        .values_list("name", "number", "row")
        for name, rows in wanted.items()
        if isinstance(rows, QuerySet)
    ]
    if listed is not None:
        named = listed.order_by().annotate(part=Value(LISTED, CharField()), number=Count("pk"))
        parts.append(named.values_list("part", "number", "row"))
    read = list(parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]) if parts else []
    found |= {name: number for name, number, _row in read if name != LISTED}
    rows = [row for name, _number, row in read if name == LISTED]
    return {name: found.get(name, 0) for name in wanted}, rows
