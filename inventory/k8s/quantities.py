"""Kubernetes quantities as integers and back: pure, strict, and bounded.

The grammar is the one of the API's own documentation (resource.Quantity): digits with at most
one point, then a binary suffix, a decimal suffix, or a decimal exponent. Fractions of the base
unit round up, as the API server does it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from portal.amounts import is_bytes

MAX_CHARS = 40
MAX_VALUE = 2**63 - 1
CPU_KEYS = frozenset({"cpu", "requests.cpu", "limits.cpu"})

_PATTERN = re.compile(
    r"\+?(?P<whole>\d*)(?:\.(?P<part>\d*))?(?P<suffix>[EPTGMK]i|[numkMGTPE]|[eE][+-]?\d{1,2})?",
    re.ASCII,
)
_BINARY: dict[str, int] = {f"{letter}i": 1024 ** (n + 1) for n, letter in enumerate("KMGTPE")}
_DECIMAL = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    **{letter: Fraction(1000 ** (n + 1)) for n, letter in enumerate("kMGTPE")},
}


class QuantityError(ValueError):
    """The text is no quantity, is negative, or is larger than 2^63 - 1 base units."""


def quantity_parse(text: str) -> Fraction:
    """Read any non-negative quantity exactly; raise QuantityError for everything else."""
    match = _PATTERN.fullmatch(text) if len(text) <= MAX_CHARS else None
    if match is None or not (match["whole"] or match["part"]):
        msg = f"{text[:MAX_CHARS]!r} is not a quantity"
        raise QuantityError(msg)
    whole, part, suffix = match["whole"] or "0", match["part"] or "", match["suffix"] or ""
    value = Fraction(int(whole + part), 10 ** len(part))
    if suffix in _BINARY:
        return value * _BINARY[suffix]
    if suffix in _DECIMAL:
        return value * _DECIMAL[suffix]
    exponent = int(suffix[1:])
    return Fraction(value * Fraction(10) ** exponent)


def _bounded(value: Fraction, text: str) -> int:
    number = -(-value.numerator // value.denominator)
    if number > MAX_VALUE:
        msg = f"{text[:MAX_CHARS]!r} is too large"
        raise QuantityError(msg)
    return number


def parse_cpu_milli(text: str) -> int:
    """Read processor cores as milli-cores: "1.5" is 1500, "250m" is 250."""
    return _bounded(quantity_parse(text) * 1000, text)


def parse_bytes(text: str) -> int:
    """Read an amount of memory or storage as bytes: "2Gi" is 2147483648."""
    return _bounded(quantity_parse(text), text)


def parse_count(text: str) -> int:
    """Read a number of whole things: "8", "1k"; raise QuantityError for a fraction."""
    value = quantity_parse(text)
    if value.denominator != 1:
        msg = f"{text[:MAX_CHARS]!r} is not a whole number"
        raise QuantityError(msg)
    return _bounded(value, text)


def format_cpu_milli(cpu_milli: int) -> str:
    """Write milli-cores as Kubernetes does: 1500 is "1500m", 2000 is "2"."""
    whole, rest = divmod(_checked(cpu_milli), 1000)
    return f"{cpu_milli}m" if rest else str(whole)


def format_bytes(size_bytes: int) -> str:
    """Write bytes with the largest binary suffix that loses nothing."""
    left, suffix = _checked(size_bytes), ""
    for name in _BINARY:
        if not left or left % 1024:
            break
        left, suffix = left // 1024, name
    return f"{left}{suffix}"


def format_count(count: int) -> str:
    """Write a number of whole things."""
    return str(_checked(count))


def _checked(value: int) -> int:
    if not 0 <= value <= MAX_VALUE:
        msg = f"{value} is outside 0 to 2^63 - 1"
        raise QuantityError(msg)
    return value


def parse_amount(key: str, text: str) -> int:
    """Read the amount of one resource or quota key in that key's base unit."""
    if key in CPU_KEYS:
        return parse_cpu_milli(text)
    return parse_bytes(text) if is_bytes(key) else parse_count(text)


def format_amount(key: str, amount: int) -> str:
    """Write what `parse_amount` read."""
    if key in CPU_KEYS:
        return format_cpu_milli(amount)
    return format_bytes(amount) if is_bytes(key) else format_count(amount)


def amounts_parse(found: Mapping[str, str] | None) -> dict[str, int]:
    """Read a resource list as a cluster reports it; keys with an unreadable amount are left out.

    A missing key means "not reported", so one odd entry of one node can't stop the mirror.
    """
    amounts = {}
    for key, text in (found or {}).items():
        try:
            amounts[key] = parse_amount(key, text)
        except QuantityError:
            continue
    return amounts


def amounts_format(amounts: Mapping[str, int]) -> dict[str, str]:
    """Write amounts as a resource list."""
    return {key: format_amount(key, amount) for key, amount in amounts.items()}
