"""Words in a row, joined as the language does it: Chinese has a mark of its own for lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def list_join(words: Iterable[object]) -> str:
    """Things of one kind in a row: "a, b"; in Chinese "a、b"."""
    return pgettext("between things of one kind", ", ").join(map(str, words))


def comma_join(parts: Iterable[object]) -> str:
    """Parts of a sentence in a row: "16 devices, two racks"; in Chinese "16 个设备，两个机架"."""
    return _(", ").join(map(str, parts))


def colon_join(name: object, text: object) -> str:
    """What something is, and what is said of it: "a: b"; in Chinese "a：b"."""
    return _(": ").join((str(name), str(text)))


def values_joined(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for a sentence: those that a worker kept as lists are joined for who reads them."""
    return {n: list_join(v) if isinstance(v, list | tuple) else v for n, v in values.items()}
