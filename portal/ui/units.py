"""Numbers with their units: plain text from base units, the same digits in every language.

Base units are those of the whole house: milli-cores, bytes, device counts, seconds, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.amounts import is_bytes
from portal.joins import comma_join

if TYPE_CHECKING:
    from collections.abc import Callable

GIB = 2**30
MINUS = "−"

_RESOURCE_TITLES: list[Callable[[str], str | None]] = []


@dataclass(frozen=True, slots=True)
class AmountText:
    """An amount ready to show: `number` as text, its unit, and the exact value in words."""

    number: str
    unit: str
    exact: str

    def __str__(self) -> str:
        return f"{self.number} {self.unit}".strip()


def resource_titles_register(title_of: Callable[[str], str | None]) -> None:
    """Let an app name device types; it returns None for those it doesn't know."""
    _RESOURCE_TITLES.append(title_of)


def resource_title(resource: str) -> str:
    """Name a resource for people: "CPU", "Memory", or a device type's title."""
    if resource == "cpu":
        return _("CPU")
    if resource == "memory":
        return _("Memory")
    if resource == "ephemeral-storage":
        return _("Ephemeral storage")
    return next((title for of in _RESOURCE_TITLES if (title := of(resource))), resource)


def format_count(value: float | None, *, decimals: int = 0) -> str:
    """Group thousands by comma and use a true minus, whatever the language."""
    if value is None:
        return _("not reported")
    text = f"{abs(value):,.{decimals}f}"
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) else text


def format_trimmed(value: float, *, decimals: int = 2) -> str:
    """Like format_count, without zeros at the end: 1.50 reads 1.5, 4.00 reads 4."""
    text = format_count(value, decimals=decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount_text(value: int | None, resource: str) -> AmountText:
    """Put an amount in base units into words: 48000 cpu is 48 cores, 2**30 memory is 1 GiB."""
    if value is None:
        return AmountText(_("not reported"), "", "")
    if resource == "cpu":
        exact = _("%(count)s milli-cores") % {"count": format_count(value)}
        return AmountText(format_trimmed(value / 1000), _("cores"), exact)
    if is_bytes(resource):
        exact = _("%(count)s bytes") % {"count": format_count(value)}
        return AmountText(format_trimmed(value / GIB), "GiB", exact)
    return AmountText(format_count(value), "", "")


def signed_text(value: int | None, resource: str) -> AmountText:
    """Like amount_text with a plus or a true minus in front: a change, not a level."""
    text = amount_text(value, resource)
    return AmountText(f"+{text.number}", text.unit, text.exact) if value and value > 0 else text


def percent_text(part: float | None, whole: float | None, *, decimals: int = 0) -> str:
    """Share of `whole` in percent; an en dash where there is no whole, "not reported" unknown."""
    if part is None or whole is None:
        return _("not reported")
    return format_count(100 * part / whole, decimals=decimals) if whole else "–"


def age_text(seconds: float) -> str:
    """Two largest units of a length of time: 41 s, 6 m 39 s, 2 d 4 h."""
    rest = max(0, int(seconds))
    sizes = time_units()
    for position, (word, size) in enumerate(sizes):
        if rest < size and size > 1:
            continue
        first = f"{rest // size} {word}"
        if size == 1:
            return first
        next_word, next_size = sizes[position + 1]
        second = rest % size // next_size
        return f"{first} {second} {next_word}" if second else first
    raise AssertionError


def time_units() -> tuple[tuple[str, int], ...]:
    """Words of the active language and seconds: day, hour, minute, second."""
    return (
        (pgettext("short unit of time", "d"), 86_400),
        (pgettext("short unit of time", "h"), 3_600),
        (pgettext("short unit of time", "m"), 60),
        (pgettext("short unit of time", "s"), 1),
    )


MomentStyle = Literal["full", "minute", "day", "clock", "clock_zone", "today", "day_clock"]


def moment_text(at: datetime | None, style: MomentStyle = "full") -> str:
    """Show an aware datetime in the viewer's zone; "full" and "clock_zone" name the zone.

    "today" is the clock on this day and the day besides on any other.
    """
    if at is None:
        return "–"
    local = timezone.localtime(at)
    if style == "today":
        style = "clock" if local.date() == timezone.localdate() else "day_clock"
    # Translators: patterns of Django's date template filter; keep the letters, arrange them.
    patterns = {
        "full": pgettext("date pattern", "D j M Y, H:i:s T"),
        "minute": pgettext("date pattern", "D j M, H:i T"),
        "day": pgettext("date pattern", "D j M"),
        "clock": "H:i:s",
        "clock_zone": "H:i:s T",
        "day_clock": pgettext("date pattern", "D j M, H:i"),
    }
    return date_format(local, patterns[style])


def zone_text(now: datetime) -> str:
    """The viewer's zone: "UTC", "Asia/Shanghai, UTC+8", "Europe/Berlin, UTC+1/+2".

    Both offsets, since a time that is typed today may lie on the other side of the change.
    """
    name = timezone.get_current_timezone_name()
    half_a_year = timedelta(days=182)
    found = {_offset(timezone.localtime(at)) for at in (now, now + half_a_year)}
    offsets = [_offset_text(minutes) for minutes in sorted(found)]
    if offsets == [""]:
        return name
    return comma_join((name, f"UTC{'/'.join(offset or '±0' for offset in offsets)}"))


def _offset(at: datetime) -> int:
    return int((at.utcoffset() or timedelta()).total_seconds()) // 60


def _offset_text(minutes: int) -> str:
    """An offset from UTC: +8, −3:30, nothing for none."""
    hours, rest = divmod(abs(minutes), 60)
    sign = MINUS if minutes < 0 else "+"
    return f"{sign}{hours}{f':{rest:02d}' if rest else ''}" if minutes else ""
