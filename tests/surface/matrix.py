"""What is wrong with an address: each function asks it in one way and returns what it finds.

The tests ask with both walls standing, and again with either of them alone. `persons` narrows
who asks; `whole` is everybody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from tests.surface.calls import FRAGMENT, ROUTES, Call, acts, is_strange, persons_for, send
from tests.surface.kit import Row, placeholders
from tests.surface.looks import comparable, differing, sign_in, strange_words
from tests.surface.routes import Route
from tests.surface.stage import Answer, Stage
from tests.surface.table import ROWS
from tests.surface.world import ALPHA, BRAVO, MISSING
from tests.surface.world.people import PERSONS, SEES_ALL

COMPARED = frozenset({"owner", "other"})  # whose whole pages are compared with those about nothing
STRANGERS = tuple(person for person in PERSONS if person not in SEES_ALL | {"anonymous"})
Persons = Collection[str]


def own_faults(stage: Stage, name: str, persons: Persons = PERSONS) -> list[str]:
    """Everybody, on the objects of alpha: the table's status, and no word of a stranger."""
    ids = stage.world.ids[ALPHA]
    found = []
    for route, row, method in acts(name):
        for person in _asking(route, persons):
            expected = row.granted(method).status(person)
            shell = not expected or (method == "GET" and person in {"owner", "anonymous"})
            headers = {} if shell or expected == 401 else FRAGMENT
            answer = send(stage, (route, row, method, person, headers), ids, places=ids)
            words = strange_words(person, answer)
            if not _as_told(row, expected, answer) or words:
                found.append(f"{method} {person}: {expected} != {answer.status} {words or ''}")
    return found


def _as_told(row: Row, expected: int, answer: Answer) -> bool:
    if expected == 401:
        return sign_in(answer)
    if expected:
        return answer.status == expected
    return answer.status in row.done and not sign_in(answer)


def strange_faults(stage: Stage, name: str, persons: Persons = STRANGERS) -> list[str]:
    """A stranger's object in the address: as if there were nothing."""
    found = []
    for route, row, method in acts(name):
        if not is_strange(row, stage):
            return []
        for person in _asking(route, persons):
            shell = method == "GET" and person in COMPARED
            call: Call = (route, row, method, person, {} if shell else FRAGMENT)
            found += _strange_faults(stage, call)
    return found


def _strange_faults(stage: Stage, call: Call) -> list[str]:
    _route, row, method, person, _headers = call
    world = stage.world.ids
    own, strange = _sides(person)
    met = send(stage, call, world[own], places=world[strange])
    none = send(stage, call, world[own], places=world[MISSING])
    audience, used = row.granted(method), set(row.ids.values())
    expected = audience.status("other") if person == "other" else audience.stranger
    parts = differing(comparable(met, world[strange], used), comparable(none, world[MISSING], used))
    words = strange_words(person, met)
    if parts or words or met.status != expected:
        return [f"{method} {person}: {met.status}, not {expected} {words or ''} {parts}"]
    return []


def nested_faults(
    stage: Stage, name: str, persons: Persons = ("owner", "other", "token", "operator")
) -> list[str]:
    """Each place of a nested address by itself names a stranger's object: as if it were none."""
    row, world = ROWS[name], stage.world.ids
    strange = [what for what in row.ids.values() if world[ALPHA][what] != world[BRAVO][what]]
    if len(strange) < 2:
        return []
    found = []
    for route, _row, method in acts(name):
        for person in _asking(route, persons):
            own, other = _sides(person)
            call: Call = (route, row, method, person, FRAGMENT)
            for what in strange:
                mixed = world[own] | {what: world[other][what]}
                nothing = world[own] | {what: world[MISSING][what]}
                met = send(stage, call, world[own], places=mixed)
                none = send(stage, call, world[own], places=nothing)
                parts = differing(
                    comparable(met, world[other], {what}), comparable(none, world[MISSING], {what})
                )
                if parts or met.status != 404 or strange_words(person, met):
                    found.append(f"{method} {what} {person}: {met.status} {parts}")
    return found


def sent_faults(
    stage: Stage,
    name: str,
    persons: Persons = ("owner", "viewer", "read_token", "other"),
    *,
    alone: bool = False,
) -> list[str]:
    """A stranger's id in the query or anywhere in the body: as one of nothing.

    `alone` asks by each id of a query without the others, which may leave nothing to see.
    """
    world, found = stage.world.ids, []
    for route, row, method in acts(name):
        template: Any = row.query if method == "GET" else row.send
        for what in sorted(placeholders(template) - set(row.open_ids)):
            if world[ALPHA][what] == world[BRAVO][what]:
                continue
            asked = _one_of_query(row, what) if alone else row
            for person in _asking(route, persons):
                found += _sent_faults(stage, (route, asked, method, person, {}), what)
    return found


def _sent_faults(stage: Stage, call: Call, what: str) -> list[str]:
    _route, _row, method, person, _headers = call
    world = stage.world.ids
    own, strange = _sides(person)
    mixed = world[own] | {what: world[strange][what]}
    nothing = world[own] | {what: world[MISSING][what]}
    met = send(stage, call, mixed, places=world[own])
    none = send(stage, call, nothing, places=world[own])
    parts = differing(comparable(met, mixed, {what}), comparable(none, nothing, {what}))
    words = strange_words(person, met)
    if not parts and not words:
        return []
    return [f"{method} {what} {person}: {met.status}, none {none.status} {words or ''} {parts}"]


def _one_of_query(row: Row, what: str) -> Row:
    return replace(
        row, query={box: text for box, text in row.query.items() if text == f"{{{what}}}"}
    )


def quiet_faults(stage: Stage, name: str, persons: Persons = PERSONS) -> list[str]:
    """HEAD says what GET would, without a body; OPTIONS looks at nothing, so it tells nothing."""
    route, row = ROUTES[name], ROWS[name]
    ids = stage.world.ids[ALPHA]
    found = []
    for method in ("HEAD", "OPTIONS"):
        for person in _asking(route, persons):
            call: Call = (route, row, method, person, {})
            answer = send(stage, call, ids, places=ids)
            expected = _quiet_statuses(route, row, method, person)
            body = answer.body if method == "HEAD" else ""
            if answer.status not in expected or body or strange_words(person, answer):
                found.append(f"{method} {person}: {answer.status}, not {expected} {body[:60]}")
            if is_strange(row, stage) and (route.is_api or person == "owner"):
                found += _quiet_faults_of_strangers(stage, call)
    return found


def _quiet_faults_of_strangers(stage: Stage, call: Call) -> list[str]:
    method, person = call[2:4]
    own, strange = _sides(person)
    met, none = (
        send(stage, call, stage.world.ids[own], places=stage.world.ids[whose])
        for whose in (strange, MISSING)
    )
    parts = differing(comparable(met, {}, set()), comparable(none, {}, set()))
    if (parts and person not in SEES_ALL) or strange_words(person, met):
        return [f"{method} {person} of a stranger: {met.status} {parts}"]
    return []


def _quiet_statuses(route: Route, row: Row, method: str, person: str) -> set[int]:
    """What HEAD and OPTIONS may answer: pages offer neither."""
    if row.safe:
        return {row.safe[method == "OPTIONS"]}
    if not route.is_api:
        return {405}
    if person == "anonymous":
        return {401}
    if method == "OPTIONS":
        return {204}
    refused = row.get.status(person) if row.get else 405
    return {refused} if refused else set(row.done)


def _asking(route: Route, persons: Persons) -> Iterator[str]:
    return (person for person in persons_for(route) if person in persons)


def _sides(person: str) -> tuple[str, str]:
    """Whose ids are one's own, and whose are a stranger's."""
    return (BRAVO, ALPHA) if person == "other" else (ALPHA, BRAVO)
