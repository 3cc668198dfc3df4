"""The matrix in short, for asking again with one wall alone: every place an id can stand in.

Path, nested path, body, bulk and query are asked by all who are strangers somewhere; own lists,
filters and orders by a few persons in every run, in turn by address, and by everybody when `whole`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zlib import crc32

from tests.surface.calls import ROUTES, persons_for
from tests.surface.lists import LISTS, filter_faults, order_faults
from tests.surface.matrix import (
    STRANGERS,
    nested_faults,
    own_faults,
    quiet_faults,
    sent_faults,
    strange_faults,
)
from tests.surface.stage import Stage
from tests.surface.table import ROWS
from tests.surface.table.accounts import DOORS


def wall_faults(stage: Stage, names: Iterable[str], *, whole: bool) -> list[str]:
    """What is wrong with these addresses, each with its name."""
    return [f"{name} {fault}" for name in names for fault in _faults(stage, name, whole=whole)]


def in_turn(name: str, persons: Sequence[str], most: int) -> tuple[str, ...]:
    """A few persons for an address: always the same, and others for the next address."""
    first = crc32(name.encode())
    return tuple({persons[(first + number) % len(persons)]: None for number in range(most)})


def _faults(stage: Stage, name: str, *, whole: bool) -> list[str]:
    everybody = persons_for(ROUTES[name])
    strangers = [person for person in everybody if person in STRANGERS]
    few = everybody if whole else in_turn(name, everybody, 2)
    found = own_faults(stage, name, few)
    found += strange_faults(stage, name, strangers if whole else in_turn(name, strangers, 3))
    found += nested_faults(stage, name)
    found += sent_faults(stage, name, strangers) if whole else sent_faults(stage, name)
    for person in strangers if whole else in_turn(name, strangers, 1):
        if name in LISTS:
            found += filter_faults(stage, name, person)
            found += order_faults(stage, name, person)
    if whole and name not in DOORS and ROWS[name].ids:
        found += quiet_faults(stage, name)
    return found
