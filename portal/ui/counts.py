"""Numbers that stand beside places in the shell, all counted by one query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import CharField, Count, QuerySet, Value

Countable = QuerySet[Any] | int | None


def rows_count(wanted: Mapping[str, Countable]) -> dict[str, int]:
    """Count each entry's rows: one query for all of them, none where nothing needs one.

    A number is taken as it is; None and an empty set of rows count as 0.
    """
    found = {name: entry for name, entry in wanted.items() if isinstance(entry, int)}
    parts = [
        rows.order_by()
        .values(name=Value(name, CharField()))
        .annotate(number=Count("pk"))
        .values_list("name", "number")
        for name, rows in wanted.items()
        if isinstance(rows, QuerySet)
    ]
    if parts:
        found |= dict(parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0])
    return {name: found.get(name, 0) for name in wanted}
