"""What a person reads that is not theirs, over all addresses: the short form of the matrix."""

from __future__ import annotations

from collections.abc import Iterable

from tests.surface.calls import NAMES, ROUTES, Call, acts, is_strange, send
from tests.surface.kit import TOKENS
from tests.surface.looks import strange_words
from tests.surface.stage import Stage
from tests.surface.world import ALPHA, BRAVO

PERSONS = ("owner", "other", "read_token")


def leaks_of(stage: Stage, names: Iterable[str] = NAMES) -> list[str]:
    """Strangers' words in answers about one's own, and strangers' objects that are answered."""
    found: list[str] = []
    for name in names:
        for person in PERSONS:
            if ROUTES[name].is_api or person not in TOKENS:
                found += _of_person(stage, name, person)
    return found


def _of_person(stage: Stage, name: str, person: str) -> list[str]:
    found = []
    own, strange = (BRAVO, ALPHA) if person == "other" else (ALPHA, BRAVO)
    ids = stage.world.ids
    for route, row, method in acts(name):
        call: Call = (route, row, method, person, {})
        if method == "GET" or not is_strange(row, stage):
            words = strange_words(person, send(stage, call, ids[own], places=ids[own]))
            if words:
                found.append(f"{method} {name} as {person} shows {sorted(words)}")
        if not is_strange(row, stage):
            continue
        answer = send(stage, call, ids[own], places=ids[strange])
        words = strange_words(person, answer)
        if words or answer.status not in {403, 404}:
            found.append(f"{method} {name} as {person}: {answer.status} {sorted(words)}")
    return found
