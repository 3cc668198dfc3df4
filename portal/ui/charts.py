"""Bars as data for inline SVG: pure functions from amounts to percent and pixels.

The grammar is the same on every page. Main bar at y 2, cap tick across it, measured use as a
second bar below, never on the main one. In `quota_bar` the guaranteed amount always ends at 72 %
of the width, so those ends line up down a column. Everything is returned as text that fits an
SVG attribute, since the Content-Security-Policy leaves no room for computed styles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from django.utils.translation import gettext as _

from portal.ui.units import amount_text, resource_title

GUARANTEED_AT = 72.0
USED_HEIGHT = 3
LEAST_HOLLOW_PX = 3.5
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
class _Canvas:
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


def quota_bar(
    *,
    resource: str,
    guaranteed: int,
    allocated: int,
    cap: int | None = None,
    releasing: int = 0,
    lent: int = 0,
    used: int | None = None,
    size: Size = "row",
) -> Bar:
    """Draw a tenant's quota; amounts in base units, `allocated` includes `releasing`.

    `used` None means "not reported": the words say so and no used bar is drawn.
    """
    limit = guaranteed if cap is None else cap
    scale = guaranteed or max(limit, allocated, 1)
    canvas = _Canvas(scale, GUARANTEED_AT if guaranteed else 100.0, size)
    canvas.part("track", 0, guaranteed)
    held = allocated - releasing
    canvas.part("fill", 0, min(held, guaranteed))
    canvas.part("borrowed", guaranteed, min(held, limit), dx=1.5)
    canvas.part("lent", guaranteed - lent, guaranteed)
    canvas.part("releasing", held, min(allocated, max(limit, guaranteed)))
    canvas.part("over", limit, allocated)
    canvas.used(used)
    canvas.rails(max(guaranteed, min(allocated, limit)), limit)
    canvas.tick("cap", limit)
    return canvas.bar(
        _quota_words(resource, guaranteed, allocated, limit, used),
        _quota_labels(resource, guaranteed, allocated, limit, releasing),
    )


def pool_bar(
    *,
    resource: str,
    promised: int,
    usable: int,
    allocated: int,
    used: int | None = None,
    size: Size = "row",
) -> Bar:
    """Draw a pool: the track is what was promised, the tick what can be used."""
    scale = promised or max(usable, 1)
    canvas = _Canvas(scale, GUARANTEED_AT if promised else 100.0, size)
    canvas.part("track", 0, promised)
    canvas.part("fill", 0, allocated)
    canvas.part("promised", usable, promised)
    canvas.used(used)
    canvas.rails(promised, usable)
    canvas.tick("cap", usable)
    words = _("%(resource)s: promised %(promised)s, usable %(usable)s, allocated %(allocated)s")
    text = words % {
        "resource": resource_title(resource),
        "promised": _say(promised, resource),
        "usable": _say(usable, resource),
        "allocated": _say(allocated, resource),
    }
    return canvas.bar(
        text,
        (
            Label(_("allocated"), _number(allocated, resource)),
            Label(_("promised"), _number(promised, resource)),
            Label(_("usable"), _number(usable, resource)),
        ),
    )


def capacity_bar(
    *,
    resource: str,
    installed: int,
    usable: int,
    allocated: int,
    used: int | None = None,
    width_px: int = 104,
    size: Size = "row",
) -> Bar:
    """Draw a cluster's or node's capacity; what is installed but not usable is a hollow end.

    The hollow end is at least 3.5 px of `width_px` wide, or a single sick device would vanish.
    """
    canvas = _Canvas(max(installed, usable, 1), size=size)
    least = LEAST_HOLLOW_PX / width_px * 100
    start = min(canvas.at(usable), 100 - least) if installed > usable else 100.0
    squeeze = start / canvas.at(usable) if canvas.at(usable) else 1.0
    canvas.whole_at *= squeeze
    canvas.part("track", 0, usable)
    canvas.part("fill", 0, min(allocated, usable))
    if installed > usable:
        hollow = Part("hollow", percent(start), percent(100 - start), 2, canvas.main)
        canvas.parts.append(hollow)
    canvas.used(used)
    words = _(
        "%(resource)s: allocated %(allocated)s of %(usable)s usable,"
        " %(installed)s installed, used %(used)s"
    )
    text = words % {
        "resource": resource_title(resource),
        "allocated": _say(allocated, resource),
        "usable": _say(usable, resource),
        "installed": _say(installed, resource),
        "used": _say(used, resource),
    }
    return canvas.bar(text, ())


def request_bar(
    *,
    resource: str,
    cap: int,
    allocated: int,
    asked: int,
    guaranteed: int | None = None,
    used: int | None = None,
    size: Size = "panel",
) -> Bar:
    """Draw what an ask would do: allocated solid, asked tinted, beyond the cap hatched red."""
    line = cap if guaranteed is None else guaranteed
    after = allocated + asked
    canvas = _Canvas(max(cap, after, 1), size=size)
    canvas.part("track-plain", 0, min(line, cap))
    canvas.part("may", line, cap)
    canvas.part("fill", 0, min(allocated, line, cap))
    canvas.part("held", line, min(allocated, cap))
    canvas.part("asked", allocated, min(after, line, cap))
    canvas.part("asked-borrowed", max(allocated, line), min(after, cap))
    canvas.part("over", max(cap, allocated), after)
    canvas.used(used)
    if guaranteed is not None and guaranteed < cap:
        canvas.tick("mark", guaranteed)
    canvas.tick("cap", cap)
    words = _("%(resource)s: now %(now)s, asked %(asked)s, cap %(cap)s, used %(used)s")
    text = words % {
        "resource": resource_title(resource),
        "now": _say(allocated, resource),
        "asked": _say(asked, resource),
        "cap": _say(cap, resource),
        "used": _say(used, resource),
    }
    return canvas.bar(text, _request_labels(resource, line, cap, allocated, after, used))


def _request_labels(
    resource: str, line: int, cap: int, allocated: int, after: int, used: int | None
) -> tuple[Label, ...]:
    first = Label(_("now"), _number(allocated, resource))
    if used is not None:
        first = Label(_("used"), _number(used, resource))
    labels = [first]
    if line != cap:
        labels.append(Label(_("guaranteed"), _number(line, resource)))
    labels.append(Label(_("cap"), _number(cap, resource)))
    if after > cap:
        labels.append(Label("", _number(after, resource), "danger"))
    return tuple(labels)


def _quota_words(
    resource: str, guaranteed: int, allocated: int, limit: int, used: int | None
) -> str:
    words = _(
        "%(resource)s: allocated %(allocated)s, guaranteed %(guaranteed)s,"
        " cap %(cap)s, used %(used)s"
    )
    text = words % {
        "resource": resource_title(resource),
        "allocated": _say(allocated, resource),
        "guaranteed": _say(guaranteed, resource),
        "cap": _say(limit, resource),
        "used": _say(used, resource),
    }
    if allocated <= limit:
        return text
    return text + ", " + _("over by %(over)s") % {"over": _say(allocated - limit, resource)}


def _quota_labels(
    resource: str, guaranteed: int, allocated: int, limit: int, releasing: int
) -> tuple[Label, ...]:
    labels = [Label(_("allocated"), _number(allocated, resource))]
    if releasing:
        labels.append(Label(_("releasing"), _number(releasing, resource)))
    labels.append(Label(_("guaranteed"), _number(guaranteed, resource)))
    if limit != guaranteed:
        labels.append(Label(_("cap"), _number(limit, resource)))
    if allocated > limit:
        labels.append(Label(_("over"), _number(allocated - limit, resource), "danger"))
    return tuple(labels)


def _number(value: int, resource: str) -> str:
    return amount_text(value, resource).number


def _say(value: int | None, resource: str) -> str:
    return str(amount_text(value, resource))
