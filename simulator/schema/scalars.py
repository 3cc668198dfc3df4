"""What is wrong with texts that stand for bytes or for moments, in Go's words."""

from __future__ import annotations

import re
import string
from datetime import datetime
from functools import cache

ALPHABET = set(string.ascii_letters + string.digits + "+/")
# Each piece of a layout with what it may look like.
DAY = (
    ("2006", r"\d{4}"), ("-", "-"), ("01", r"\d\d"), ("-", "-"), ("02", r"\d\d"), ("T", "T"),
    ("15", r"\d\d"), (":", ":"), ("04", r"\d\d"), (":", ":"),
)  # fmt: skip
ZONE = ("Z07:00", r"Z|[+-]\d\d:\d\d")
SECONDS = (*DAY, ("05", r"\d\d(?:[.,]\d+)?"), ZONE)
MICROSECONDS = (*DAY, ("05", r"\d\d"), (".000000", r"[.,]\d{6}"), ZONE)
Pieces = tuple[tuple[str, str], ...]


def bytes_problem(text: str) -> str:
    """Why a text is no base64; empty where it is."""
    place = _bad_place(text.replace("\r", "").replace("\n", ""))
    return "" if place is None else f"illegal base64 data at input byte {place}"


def _bad_place(text: str) -> int | None:
    for start in range(0, len(text), 4):
        group = text[start : start + 4]
        for index, sign in enumerate(group):
            if sign == "=":
                return _bad_end(text, start, index)
            if sign not in ALPHABET:
                return start + index
        if len(group) < 4:
            return start
    return None


def _bad_end(text: str, start: int, index: int) -> int | None:
    """The first place that does not belong, where filling begins within a group of four."""
    if index < 2:
        return start + index
    if index == 2 and text[start + 3 : start + 4] != "=":
        return start + 3
    return start + 4 if len(text) > start + 4 else None


@cache
def _whole(pieces: Pieces) -> re.Pattern[str]:
    return re.compile("".join(f"(?:{form})" for _piece, form in pieces))


def fine_moment_problem(text: str) -> str:
    """The same of a moment with microseconds."""
    return moment_problem(text, MICROSECONDS)


def moment_problem(text: str, pieces: Pieces = SECONDS) -> str:
    """Why a text is no moment; empty where it is."""
    if not _whole(pieces).fullmatch(text):
        return f'parsing time "{text}"{_stuck_at(text, pieces)}'
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return f'parsing time "{text}": {_out_of_range(text)} out of range'
    return ""


def _stuck_at(text: str, pieces: Pieces) -> str:
    rest, layout = text, "".join(piece for piece, _form in pieces)
    for piece, form in pieces:
        found = re.match(form, rest)
        if found is None:
            return f' as "{layout}": cannot parse "{rest}" as "{piece}"'
        rest = rest[found.end() :]
    return f': extra text: "{rest}"'


def _out_of_range(text: str) -> str:
    month, hour, minute, second = (int(text[at : at + 2]) for at in (5, 11, 14, 17))
    if not 0 < month < 13:
        return "month"
    if hour > 23:
        return "hour"
    if minute > 59:
        return "minute"
    return "second" if second > 59 else "day"
