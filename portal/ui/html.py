"""Small pieces of markup that tables (Python) and templates share, so that both look the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.ui.units import AmountText, age_text, amount_text, moment_text, signed_text

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.ui.charts import Bar

STATUS_ICONS = {
    "ok": "circle-check",
    "warn": "alert-triangle",
    "danger": "alert-octagon",
    "info": "info-circle",
    "busy": "loader-2",
    "wait": "hourglass",
    "off": "circle-dashed",
    "silent": "plug-connected-x",
}
_TONES = {"wait": "warn", "silent": "danger"}


def icon_html(name: str, size: int = 16, label: StrOrPromise = "", css: str = "") -> SafeString:
    """An icon of the sprite (frontend/icons.txt); decoration unless it has a label."""
    sized = "" if size == 16 else f" b-icon-{size}"
    spin = " b-spin" if name == "loader-2" else ""
    hidden = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="b-icon{}" {}><use href="{}#{}"></use></svg>',
        f"{sized}{spin} {css}".rstrip(),
        SafeString(hidden),
        static("dist/icons.svg"),
        name,
    )


def status_html(kind: str, word: StrOrPromise, icon: str = "") -> SafeString:
    """A state: icon shape and word, never a colour alone. Kinds are the keys of STATUS_ICONS."""
    return format_html(
        '<span class="b-status b-status-{}">{}{}</span>',
        _TONES.get(kind, kind),
        icon_html(icon or STATUS_ICONS.get(kind, "circle-dot")),
        word,
    )


def chip_html(word: StrOrPromise, tone: str = "", icon: str = "") -> SafeString:
    """A verdict (tone ok, warn, danger, info, neutral: tint) or a policy (no tone: outline)."""
    return format_html(
        '<span class="b-chip{}">{}{}</span>',
        f" b-chip-{tone}" if tone else "",
        icon_html(icon, 13) if icon else "",
        word,
    )


def amount_html(value: int | None, resource: str, *, signed: bool = False) -> SafeString:
    """A number (600) with its dim unit; the exact amount in base units on hover."""
    text = signed_text(value, resource) if signed else amount_text(value, resource)
    if value is None:
        return format_html('<span class="b-none">{}</span>', text.number)
    return _amount(value, text)


def number_html(value: int | None, resource: str, *, signed: bool = False) -> SafeString:
    """A number whose unit stands elsewhere, as in a column's head; the exact amount on hover."""
    text = signed_text(value, resource) if signed else amount_text(value, resource)
    return _exact(text.number, text.exact)


def amount_words_html(value: int | None, resource: str) -> SafeString:
    """An amount as a sentence says it (48 cores); the exact amount on hover."""
    text = amount_text(value, resource)
    return _exact(str(text), text.exact)


def amount_of_html(value: int | None, limit: int | None, resource: str) -> SafeString:
    """A number and its limit: **4,170** / 4,242 cores."""
    if value is None or limit is None:
        return format_html('<span class="b-none">{}</span>', _("not reported"))
    text, bound = amount_text(value, resource), amount_text(limit, resource)
    return format_html(
        '<span class="b-amount" title="{}"><b>{}</b> <span class="b-of">/ {}</span>{}</span>',
        f"{text.exact} / {bound.exact}" if text.exact else "",
        text.number,
        bound.number,
        _unit(text.unit),
    )


def two_lines_html(first: StrOrPromise, second: StrOrPromise, url: str = "") -> SafeString:
    """Name over context; the name links where there is an address."""
    name = (
        format_html('<a class="b-name" href="{}">{}</a>', url, first)
        if url
        else format_html("<span>{}</span>", first)
    )
    return format_html('<span class="b-two">{}<span>{}</span></span>', name, second)


def rel_time_html(at: datetime | None, *, until: bool = False, ago: bool = False) -> SafeString:
    """An age that keeps counting in the browser; the full moment with its zone on hover.

    `ago` is for sentences and facts ("5 m ago"); a column whose head says so has the bare age.
    """
    if at is None:
        return SafeString("–")
    if ago:
        words = format_html(_("{age} ago"), age=rel_time_html(at))
        return format_html("<span>{}</span>", words)  # one piece, also where pieces are set apart
    away = (at - timezone.now()) if until else (timezone.now() - at)
    return format_html(
        '<rel-time datetime="{}"{}><time datetime="{}" title="{}">{}</time></rel-time>',
        at.isoformat(),
        SafeString(" until") if until else "",
        at.isoformat(),
        moment_text(at),
        age_text(away.total_seconds()),
    )


def fresh_html(
    source: StrOrPromise, at: datetime | None, interval: float, *, gone: bool = False
) -> SafeString:
    """Freshness chip: source and age; late from one interval (seconds), silent from three.

    A source that is known to be `gone` is silent however young its last sign is, and stays so.
    """
    if at is None:
        return format_html(
            '<span class="b-fresh b-fresh-gone">{}{} {}</span>',
            icon_html("plug-connected-x", 13),
            source,
            _("not reported"),
        )
    if gone:
        return format_html(
            '<span class="b-fresh b-fresh-gone">{}<span>{} {}</span></span>',
            icon_html("plug-connected-x", 13),
            source,
            rel_time_html(at),
        )
    level = fresh_level(timezone.now() - at, interval)
    marks = (
        ("fresh", SafeString('<span class="b-dot"></span>')),
        ("late", icon_html("clock", 13)),
        ("gone", icon_html("plug-connected-x", 13)),
    )
    shown = (
        format_html('<span data-from="{}"{}>{}</span>', name, _hidden(name != level), mark)
        for name, mark in marks
    )
    return format_html(
        '<span class="b-fresh{}" data-interval="{}">{}{}{}<span>{} {}</span></span>',
        "" if level == "fresh" else f" b-fresh-{level}",
        str(interval),
        *shown,
        source,
        rel_time_html(at),
    )


def bar_html(bar: Bar | None) -> SafeString:
    """A bar of portal.ui.charts as inline SVG; nothing for None."""
    if bar is None:
        return SafeString("")
    # Kinds, percents and pixels are made by charts.py, never by people: nothing to escape.
    rects = "".join(
        f'<rect class="b-bar-{part.kind}" x="{part.x}" y="{part.y}" width="{part.width}"'
        f' height="{part.height}"{_nudge(part.dx)} />'
        for part in bar.parts
    )
    lines = "".join(
        f'<line class="b-bar-{line.kind}" x1="{line.x1}" y1="{line.y1}" x2="{line.x2}"'
        f' y2="{line.y2}" />'
        for line in bar.lines
    )
    return format_html(
        '<svg class="b-bar" height="{}" role="img" aria-label="{}">{}</svg>',
        str(bar.height),
        bar.text,
        SafeString(rects + lines),
    )


def _nudge(dx: float) -> str:
    return f' transform="translate({dx:g} 0)"' if dx else ""


def fresh_level(age: timedelta, interval: float) -> str:
    """Level of an age: "fresh" up to one interval in seconds, "late" up to three, then "gone"."""
    seconds = age.total_seconds()
    if seconds <= interval:
        return "fresh"
    return "late" if seconds <= 3 * interval else "gone"


def _hidden(hidden: bool) -> SafeString:
    return SafeString(" hidden" if hidden else "")


def _amount(value: int, text: AmountText) -> SafeString:
    return format_html(
        '<data class="b-amount" value="{}"{}><b>{}</b>{}</data>',
        str(value),
        format_html(' title="{}"', text.exact) if text.exact else "",
        text.number,
        _unit(text.unit),
    )


def _exact(shown: str, exact: str) -> SafeString:
    """What is counted in base units, as devices are, is exact as it stands."""
    if not exact:
        return format_html("{}", shown)
    return format_html('<span title="{}">{}</span>', exact, shown)


def _unit(unit: str) -> SafeString:
    return format_html('<span class="b-unit">{}</span>', unit) if unit else SafeString("")
