"""The table of the surface: one row for each address, one file for each room."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from tests.surface.kit import Row
from tests.surface.table import accounts, inventory, portal, requests, scheduling, tenants


def by_name(rows: Iterable[Row]) -> dict[str, Row]:
    """Rows by their name; two of one name would hide each other, so that fails."""
    found: dict[str, Row] = {}
    for row in rows:
        assert row.name not in found, f"{row.name} stands twice in the table"
        found[row.name] = row
    return found


ROOMS = (portal, inventory, scheduling, tenants, requests, accounts)
ROWS: dict[str, Row] = by_name(chain.from_iterable(room.ROWS for room in ROOMS))
