"""What a person reads that is not theirs, over all addresses: the short form of the matrix."""

from __future__ import annotations

from collections.abc import Iterable

from tests.surface.calls import FRAGMENT, NAMES, ROUTES, Call, acts, is_strange, send
from tests.surface.looks import strange_words
from tests.surface.stage import Stage
from tests.surface.world import ALPHA, BRAVO


def leaks_of(stage: Stage, names: Iterable[str] = NAMES) -> list[str]:
    """Strangers' words in answers about one's own, and strangers' objects that are answered."""
    found: list[str] = []
    for name in names:
        found += _of_person(stage, name, "token" if ROUTES[name].is_api else "owner")
    return found


def _of_person(stage: Stage, name: str, person: str) -> list[str]:
    found = []
    ids = stage.world.ids
    for route, row, method in acts(name):
        call: Call = (route, row, method, person, {} if method == "GET" else FRAGMENT)
        if method == "GET" or not is_strange(row, stage):
            words = strange_words(person, send(stage, call, ids[ALPHA], places=ids[ALPHA]))
            if words:
                found.append(f"{method} {name} as {person} shows {sorted(words)}")
        if not is_strange(row, stage):
            continue
        answer = send(stage, call, ids[ALPHA], places=ids[BRAVO])
        words = strange_words(person, answer)
        if words or answer.status not in {403, 404}:
            found.append(f"{method} {name} as {person}: {answer.status} {sorted(words)}")
    return found
