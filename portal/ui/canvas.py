"""The canvas of a bar: amounts on one scale become percent and pixels, as text for SVG."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

USED_HEIGHT = 3
Size = Literal["row", "panel", "thin"]
_MAIN_HEIGHT: dict[Size, int] = {"row": 8, "panel": 10, "thin": 6}


@dataclass(frozen=True, slots=True)
class Part:
    """A rectangle: x and width in percent, y and height in pixels, dx a nudge in pixels."""

    kind: str
    x: str
    width: str
    y: int
    height: int
    dx: float = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A tick (x1 = x2, across the bar) or a rail (along it)."""

    kind: str
    x1: str
    x2: str
    y1: float
    y2: float


@dataclass(frozen=True, slots=True)
class Label:
    """A word and its amount, for below the bar; `tone` is empty or "danger"."""

    word: str
    amount: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A drawn bar; `text` says in words what it shows."""

    height: int
    text: str
    parts: tuple[Part, ...]
    lines: tuple[Line, ...] = ()
    labels: tuple[Label, ...] = ()


@dataclass(slots=True)
class Canvas:
    """Collects parts on one scale: `whole` in base units is `whole_at` percent."""

    whole: float
    whole_at: float = 100.0
    size: Size = "row"
    parts: list[Part] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def main(self) -> int:
        return _MAIN_HEIGHT[self.size]

    def at(self, amount: float) -> float:
        if self.whole <= 0:
            return 0.0
        return min(100.0, max(0.0, amount / self.whole * self.whole_at))

    def part(self, kind: str, start: float, end: float, *, dx: float = 0) -> None:
        """Add a stretch of the main bar from one amount to another, unless it is empty."""
        x, width = self.at(start), self.at(end) - self.at(start)
        if width > 0:
            self.parts.append(Part(kind, percent(x), percent(width), 2, self.main, dx))

    def used(self, amount: float | None) -> None:
        if amount:
            width = percent(self.at(amount))
            self.parts.append(Part("used", "0%", width, self.main + 4, USED_HEIGHT))

    def tick(self, kind: str, amount: float) -> None:
        x = percent(self.at(amount))
        self.lines.append(Line(kind, x, x, 0, self.main + 4))

    def rails(self, start: float, end: float) -> None:
        x1, x2 = percent(self.at(start)), percent(self.at(end))
        if x1 != x2:
            self.lines += [Line("rail", x1, x2, y, y) for y in (2.5, self.main + 1.5)]

    def bar(self, text: str, labels: tuple[Label, ...]) -> Bar:
        return Bar(self.main + 8, text, tuple(self.parts), tuple(self.lines), labels)


def percent(value: float) -> str:
    """Write a share with at most two decimals: 72%, 33.33%."""
    return f"{value:.2f}".rstrip("0").rstrip(".") + "%"
