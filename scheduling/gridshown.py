"""The quota grid as its page shows it: cells with bars and texts, and the effect of a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from portal.joins import comma_join
from portal.ui.charts import Bar
from portal.ui.html import number_html
from portal.ui.units import amount_text, format_count, resource_title
from scheduling.charts import cell_bar, promise_bar
from scheduling.forms import GridEdits, amount_input
from scheduling.selectors.quota_grid import Cell, Grid, Row

MOST_INDENT = 8


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell: what stands in its box, what it was, and the numbers beside it, with exact values."""

    name: str
    label: str
    value: str
    was: str
    was_exact: str
    sent: str
    edited: bool
    error: str
    bar: Bar | None
    allocated: str
    allocated_exact: str
    children: SafeString | str
    over: bool
    quota_id: int | None


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A tenant."""

    key: str
    title: str
    indent: int
    is_root: bool
    cells: list[ShownCell]


@dataclass(frozen=True, slots=True)
class ShownHead:
    """A column: the pool's own numbers."""

    resource: str
    title: str
    unit: str
    installed: SafeString
    usable: SafeString
    promised: SafeString
    allocated: SafeString
    free: SafeString
    ratio: str
    over: bool
    bar: Bar


@dataclass(frozen=True, slots=True)
class EffectLine:
    """A number before and after."""

    name: str
    resource: str
    before: str
    after: str
    change: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does: to the numbers, to what parents have left, to the pool's promises."""

    changed: list[EffectLine]
    ungiven: list[EffectLine]
    ratios: list[EffectLine]
    over: bool


def grid_shown(grid: Grid, edits: GridEdits, titles: Mapping[str, str]) -> dict[str, Any]:
    """Heads and rows."""
    return {
        "heads": [_head(grid, resource) for resource in grid.resources],
        "rows": [_row(row, grid, edits, titles) for row in grid.rows],
    }


def effect_of(before: Grid, after: Grid) -> Effect:
    """Compare two grids of one pool."""
    changed, ungiven = [], []
    for old, new in zip(before.rows, after.rows, strict=True):
        for resource in before.resources:
            first, second = old.cells[resource], new.cells[resource]
            if first.guaranteed != second.guaranteed:
                changed.append(_line(old.tenant_key, resource, first.guaranteed, second.guaranteed))
            elif old.has_children and first.ungiven != second.ungiven:
                ungiven.append(_line(old.tenant_key, resource, first.ungiven, second.ungiven))
    ratios = [
        EffectLine(resource_title(name), name, ratio_text(before.ratio(name)), ratio_text(now), "")
        for name in before.resources
        if (now := after.ratio(name)) != before.ratio(name)
    ]
    over = any((after.ratio(name) or 0) > 1 for name in before.resources)
    return Effect(changed, ungiven, ratios, over and bool(ratios))


def ratio_text(ratio: float | None) -> str:
    """1.03×; an en dash where nothing is usable."""
    return "–" if ratio is None else f"{format_count(ratio, decimals=2)}×"


def _line(name: str, resource: str, before: int, after: int) -> EffectLine:
    return EffectLine(
        name=name,
        resource=resource,
        before=number_html(before, resource),
        after=number_html(after, resource),
        change=number_html(after - before, resource, signed=True),
    )


def _head(grid: Grid, resource: str) -> ShownHead:
    sums, ratio = grid.sum_of(resource), grid.ratio(resource)
    promised, allocated = grid.promised[resource], grid.allocated[resource]

    def number(value: int) -> SafeString:
        return number_html(value, resource)

    return ShownHead(
        resource=resource,
        title=resource_title(resource),
        unit=amount_text(1, resource).unit,
        installed=number(sums.installed),
        usable=number(sums.usable),
        promised=number(promised),
        allocated=number(allocated),
        free=number(sums.free),
        ratio=ratio_text(ratio),
        over=promised > sums.usable,
        bar=promise_bar(resource, sums, promised, allocated),
    )


def _row(row: Row, grid: Grid, edits: GridEdits, titles: Mapping[str, str]) -> ShownRow:
    return ShownRow(
        key=row.tenant_key,
        title=titles.get(row.tenant_key, row.tenant_key),
        indent=min(row.depth, MOST_INDENT),
        is_root=row.parent_id is None,
        cells=[_cell(row, name, row.cells[name], edits) for name in grid.resources],
    )


def _cell(row: Row, resource: str, cell: Cell, edits: GridEdits) -> ShownCell:
    was, allocated = amount_input(cell.guaranteed, resource), amount_text(cell.allocated, resource)
    typed = edits.typed.get((row.node_id, resource))
    # A number that was typed against an older generation keeps that generation: saving is refused.
    generation = typed.generation if typed else cell.generation
    return ShownCell(
        name=f"{row.node_id}-{resource}",
        label=comma_join((row.tenant_key, resource_title(resource))),
        value=typed.text if typed else was,
        was=was,
        was_exact=amount_text(cell.guaranteed, resource).exact,
        sent=f"{generation}|{was}",
        edited=typed is not None,
        error=edits.errors.get((row.node_id, resource), ""),
        bar=cell_bar(cell, resource) if cell.guaranteed or cell.allocated else None,
        allocated=allocated.number,
        allocated_exact=allocated.exact,
        children=number_html(cell.children, resource) if row.has_children else "",
        over=cell.children > cell.guaranteed,
        quota_id=cell.quota_id,
    )
