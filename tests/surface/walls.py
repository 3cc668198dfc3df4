"""The matrix in short, for asking again with one wall alone: every place an id can stand in.

Path, nested path, body, bulk and query are asked by all who are strangers somewhere; own lists,
filters and orders by a few persons in every run, in turn by address, and by everybody when `whole`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zlib import crc32

from tests.surface.calls import ROUTES, acts, is_strange, persons_for
from tests.surface.kit import Row, placeholders
from tests.surface.lists import filter_faults, order_faults
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
from tests.surface.topics import TOPICS, topic_leaks
from tests.surface.world import ALPHA, BRAVO


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
        if ROWS[name].get is not None:
            found += filter_faults(stage, name, person)
            found += order_faults(stage, name, person)
    if whole and name not in DOORS and ROWS[name].ids:
        found += quiet_faults(stage, name)
    return found


def silent_addresses(stage: Stage, person: str, *, api: bool) -> set[str]:
    """Addresses in which a stranger's id gives nothing away, as "GET job_page"."""
    found = set()
    for name in sorted(ROWS):
        if ROUTES[name].is_api == api and is_strange(ROWS[name], stage):
            told = strange_faults(stage, name, [person])
            methods = [method for _route, _row, method in acts(name)]
            found |= {f"{it} {name}" for it in methods if not _has(told, f"{it} ")}
    return found


def silent_fields(stage: Stage, person: str, place: str) -> set[str]:
    """Fields in which a stranger's id gives nothing away, as "tenant api-job-list"."""
    found = set()
    for name in sorted(ROWS):
        fields = _strange_fields(stage, ROWS[name], place)
        told = sent_faults(stage, name, [person], alone=True) if fields else []
        methods = ["GET"] if place == "query" else ["POST", "PUT", "PATCH"]
        for field in fields:
            if not any(_has(told, f"{method} {field} ") for method in methods):
                found.add(f"{field} {name}")
    return found


def silent_topics(stage: Stage, person: str) -> set[str]:
    """Topics about something of a tenant's of which a stranger hears nothing."""
    leaks = topic_leaks(stage)
    of_tenants = [
        prefix for prefix, (what, _who) in TOPICS.items() if what not in {"", "cluster_id"}
    ]
    return {it for it in of_tenants if not _has(leaks, f"{person} hears {it}:")}


def _strange_fields(stage: Stage, row: Row, place: str) -> set[str]:
    """Ids of tenants in the query, in the body, or in a bulk act's choice of rows."""
    template = row.query if place == "query" else row.send
    if place != "query" and ("ids" in row.send) != (place == "bulk"):
        return set()
    ids = stage.world.ids
    fields = placeholders(template) - set(row.open_ids)
    return {field for field in fields if ids[ALPHA][field] != ids[BRAVO][field]}


def _has(lines: Iterable[str], beginning: str) -> bool:
    return any(line.startswith(beginning) for line in lines)
