"""The tree of tenants with one pool's quota: what the grid shows and edits."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection

from inventory.models import Pool
from portal.viewer import Viewer, authorize
from scheduling.selectors.fleet import Sum, Sums, fleet_sums, resources_ordered

# Row-level security stands below: nodes and numbers outside the open scope are not there.
TREE = """
SELECT node.id, node.tenant_key, node.depth, node.parent_id, quota.resource, quota.id,
    quota.guaranteed, quota.reserved, quota.bound, quota.releasing, quota.generation
FROM scheduling_quotanode AS node
LEFT JOIN scheduling_quota AS quota ON quota.node_id = node.id AND quota.pool_id = %s
ORDER BY string_to_array(trim(both '/' from node.path), '/')::bigint[], quota.resource
"""


@dataclass(slots=True)
class Cell:
    """One number of one tenant; generation 0 where there is no row yet."""

    quota_id: int | None = None
    guaranteed: int = 0
    reserved: int = 0
    bound: int = 0
    releasing: int = 0
    generation: int = 0
    children: int = 0

    @property
    def allocated(self) -> int:
        """Releasing included: it is charged until the cluster let go."""
        return self.reserved + self.bound + self.releasing

    @property
    def ungiven(self) -> int:
        """What of the guaranteed amount no child is guaranteed."""
        return self.guaranteed - self.children


@dataclass(slots=True)
class Row:
    """A tenant with its numbers by resource."""

    node_id: int
    tenant_key: str
    depth: int
    parent_id: int | None
    cells: dict[str, Cell] = field(default_factory=dict)
    has_children: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """One pool. `promised` is what the roots are guaranteed, `allocated` what they hold."""

    pool: Pool
    resources: list[str]
    rows: list[Row]
    capacity: Sums
    promised: dict[str, int]
    allocated: dict[str, int]

    def cell(self, node_id: int, resource: str) -> Cell | None:
        """The number of a node; None where the node is not there."""
        row = next((row for row in self.rows if row.node_id == node_id), None)
        return None if row is None else row.cells.get(resource)

    def sum_of(self, resource: str) -> Sum:
        """What the pool has of a resource."""
        return self.capacity.get(resource, Sum())

    def ratio(self, resource: str) -> float | None:
        """Promised over usable; None where nothing is usable."""
        usable = self.sum_of(resource).usable
        return self.promised.get(resource, 0) / usable if usable else None


def quota_grid(*, pool: Pool, viewer: Viewer) -> Grid:
    """Everything about a pool's quota in two queries. Raises Denied."""
    authorize(viewer=viewer, verb="quota.view")
    rows = _rows(pool)
    capacity = fleet_sums(pool_id=pool.pk).pool(pool.pk)
    named = {resource for row in rows for resource in row.cells}
    resources = resources_ordered(set(capacity) | named | {"cpu", "memory"})
    _complete(rows, resources)
    roots = [row for row in rows if row.parent_id is None]
    return Grid(
        pool=pool,
        resources=resources,
        rows=rows,
        capacity=capacity,
        promised={name: sum(row.cells[name].guaranteed for row in roots) for name in resources},
        allocated={name: sum(row.cells[name].allocated for row in roots) for name in resources},
    )


def _rows(pool: Pool) -> list[Row]:
    rows: dict[int, Row] = {}
    with connection.cursor() as cursor:
        cursor.execute(TREE, [pool.pk])
        for node_id, key, depth, parent_id, resource, *numbers in cursor.fetchall():
            row = rows.setdefault(node_id, Row(node_id, key, depth, parent_id))
            if resource is not None:
                row.cells[resource] = Cell(*numbers)
    return list(rows.values())


def _complete(rows: list[Row], resources: list[str]) -> None:
    """An empty cell where no number was set, and the children's sums."""
    by_id = {row.node_id: row for row in rows}
    for row in rows:
        for name in resources:
            row.cells.setdefault(name, Cell())
    for row in rows:
        parent = by_id.get(row.parent_id or 0)
        if parent is not None:
            parent.has_children = True
            for name in resources:
                parent.cells[name].children += row.cells[name].guaranteed
