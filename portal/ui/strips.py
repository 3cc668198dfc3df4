"""Small drawings beside the bars: device strips, segments, sparklines. Pure, in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from portal.joins import comma_join

CELL_PX = 18
PITCH_PX = 20
GROUP = 4
GROUP_GAP_PX = 6
CellKind = Literal["free", "other", "yours", "bound", "asked", "reserved", "off"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One device: its state, and the pod's or replica's number where it has one."""

    kind: CellKind
    digit: int | None = None


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A cell with its left edge and centre in pixels."""

    kind: CellKind
    digit: int | None
    x: str
    centre: str


@dataclass(frozen=True, slots=True)
class Strip:
    """Cells of one node in groups of four; `text` says the same in words."""

    width: int
    cells: tuple[PlacedCell, ...]
    text: str


def device_strip(cells: Sequence[Cell]) -> Strip:
    """Place cells of 18 px, four together; tenants' names never come near this."""
    placed = tuple(
        PlacedCell(cell.kind, cell.digit, f"{left + 0.5:g}", f"{left + CELL_PX / 2:g}")
        for position, cell in enumerate(cells)
        if (left := position * PITCH_PX + position // GROUP * GROUP_GAP_PX) >= 0
    )
    last = len(cells) - 1
    width = last * PITCH_PX + last // GROUP * GROUP_GAP_PX + CELL_PX if cells else 0
    return Strip(width, placed, _cells_text(cells))


def _cells_text(cells: Sequence[Cell]) -> str:
    words = {
        "free": _("free"),
        "other": _("another tenant"),
        "yours": _("yours"),
        "bound": _("bound"),
        "asked": _("asked"),
        "reserved": _("reserved, not bound"),
        "off": _("off"),
    }
    counts = {kind: sum(cell.kind == kind for cell in cells) for kind in words}
    return comma_join(f"{count} {words[kind]}" for kind, count in counts.items() if count)


@dataclass(frozen=True, slots=True)
class Segments:
    """A row of boxes, the first ones full: 3 of 4."""

    width: int
    boxes: tuple[tuple[str, bool], ...]
    text: str


def segments(*, done: int, total: int) -> Segments:
    """One box per item up to twelve; beyond that each box stands for a share."""
    shown = min(total, 12)
    full = done * shown // total if total else 0
    pitch = 22 if shown <= 6 else 12
    boxes = tuple((f"{position * pitch + 0.5:g}", position < full) for position in range(shown))
    text = _("%(done)s of %(total)s") % {"done": done, "total": total}
    return Segments(shown * pitch, boxes, text)


@dataclass(frozen=True, slots=True)
class Spark:
    """A line of 40 x 18 px with a dot at its end."""

    path: str
    end_x: str
    end_y: str


def sparkline(values: Sequence[float], *, width: int = 40, height: int = 18) -> Spark | None:
    """Scale values to their own range; None where there is no line to draw."""
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    span = (high - low) or 1
    step = (width - 3) / (len(values) - 1)
    points = [
        (position * step, height - 2 - (value - low) / span * (height - 4))
        for position, value in enumerate(values)
    ]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Spark(path, f"{points[-1][0]:.1f}", f"{points[-1][1]:.1f}")
