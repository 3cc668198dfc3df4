"""Quantities as Kubernetes counts and spells them (k8s.io/apimachinery/pkg/api/resource)."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal
from functools import lru_cache

PATTERN = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
_FORM = re.compile(
    r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][-+]?\d+)?"
)
BINARY = {name: 1024**power for power, name in enumerate(("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))}
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
NANO = Decimal(1).scaleb(-9)
MESSAGE = f"quantities must match the regular expression '{PATTERN}'"


class BadQuantity(ValueError):
    """A text that is no quantity."""


@lru_cache(maxsize=4096)
def _parse(text: str) -> tuple[Decimal, str]:
    """The value and the format: "Ki" (binary), "e" (exponent) or "" (decimal)."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise BadQuantity(MESSAGE)
    sign, digits, suffix = found[1], found[2], found[3] or ""
    value = Decimal(digits)
    form = ""
    if suffix in BINARY and suffix:
        value *= BINARY[suffix]
        form = "Ki"
    elif suffix in DECIMAL:
        value = value.scaleb(DECIMAL[suffix])
    else:
        value = value.scaleb(int(suffix[1:]))
        form = "e"
    value = value.quantize(NANO, rounding=ROUND_UP)
    return (-value if sign == "-" else value), form


def parse(text: str) -> Decimal:
    """The value; raises BadQuantity."""
    return _parse(text)[0]


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The same quantity as an API server writes it back; raises BadQuantity."""
    value, form = _parse(text)
    return spell(value, form)


def form_of(text: str) -> str:
    """The format that a quantity is written in."""
    return _parse(text)[1]


def spell(value: Decimal, form: str = "") -> str:
    """Write a value in a format: no fraction, the largest suffix that leaves a whole number."""
    if value == 0:
        return "0"
    sign, size = ("-" if value < 0 else ""), abs(value)
    if form == "Ki" and size == size.to_integral_value() and size >= 1024:
        whole, suffix = int(size), ""
        for name, factor in BINARY.items():
            if whole % factor == 0:
                suffix = name
        return f"{sign}{whole // BINARY[suffix]}{suffix}"
    if form == "Ki" and size != size.to_integral_value():
        form = ""
    chosen = "n"
    for name, power in DECIMAL.items():
        scaled = size.scaleb(-power)
        if scaled == scaled.to_integral_value():
            chosen = name
    number = int(size.scaleb(-DECIMAL[chosen]))
    if form == "e" and chosen:
        return f"{sign}{number}e{DECIMAL[chosen]}"
    return f"{sign}{number}{chosen}"


def milli(text: str) -> int:
    """In thousandths, rounded up."""
    return int((parse(text) * 1000).to_integral_value(rounding=ROUND_UP))
