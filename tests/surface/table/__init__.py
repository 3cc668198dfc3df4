"""The table of the surface: one row for each address, one file for each room."""

from tests.surface.kit import Row
from tests.surface.table import accounts, inventory, portal, requests, scheduling, tenants

ROWS: dict[str, Row] = {
    row.name: row
    for room in (portal, inventory, scheduling, tenants, requests, accounts)
    for row in room.ROWS
}
