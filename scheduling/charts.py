"""Bars of quota, pools and clusters from what the selectors found. Pure."""

from __future__ import annotations

from portal.ui.charts import Bar, Size, capacity_bar, pool_bar, quota_bar
from portal.ui.strips import Cell as DeviceCell
from portal.ui.strips import Strip, device_strip
from scheduling.models import Quota
from scheduling.selectors.allocation_list import Held
from scheduling.selectors.fleet import Sum
from scheduling.selectors.quota_grid import Cell

MOST_CELLS = 16


def cell_bar(cell: Cell, resource: str) -> Bar:
    """A tenant's number in the grid."""
    return quota_bar(
        resource=resource,
        guaranteed=cell.guaranteed,
        allocated=cell.allocated,
        releasing=cell.releasing,
    )


def own_bar(quota: Quota, size: Size = "panel") -> Bar:
    """A tenant's number on its own page."""
    return quota_bar(
        resource=quota.resource,
        guaranteed=quota.guaranteed,
        allocated=quota.allocated,
        cap=quota.cap,
        releasing=quota.releasing,
        size=size,
    )


def promise_bar(resource: str, sums: Sum, promised: int, allocated: int) -> Bar:
    """A pool: the track is what was promised, the tick what can be used."""
    return pool_bar(resource=resource, promised=promised, usable=sums.usable, allocated=allocated)


def sum_bar(resource: str, sums: Sum) -> Bar:
    """What nodes have, and what of it allocations and other pods hold."""
    return capacity_bar(
        resource=resource,
        installed=sums.installed,
        usable=sums.usable,
        allocated=sums.in_use,
        others=sums.foreign,
    )


def node_strip(held: Held, ordinals: list[int]) -> Strip | None:
    """Devices of one node; `ordinals` has the pod's number for each bound device, -1 for unknown.

    None where a strip would be too long to read. Other tenants are never told apart.
    """
    if not 0 < held.allocatable <= MOST_CELLS:
        return None
    reserved = held.committed - held.bound
    others = held.all_committed - held.tenant_committed + held.foreign
    yours = held.tenant_committed - held.committed
    digits = [*ordinals, *([-1] * held.bound)][: held.bound]
    cells = [DeviceCell("bound", None if digit < 0 else digit) for digit in digits]
    cells += [DeviceCell("reserved")] * reserved
    cells += [DeviceCell("yours")] * yours
    cells += [DeviceCell("other")] * others
    cells += [DeviceCell("free")] * max(0, held.allocatable - len(cells))
    return device_strip(cells[: held.allocatable])
