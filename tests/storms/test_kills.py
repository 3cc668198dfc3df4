"""SIGKILL at every boundary of allocate, replace and release; the oracle is SQL and the cluster.

Each boundary that an undisturbed run came to is taken once per round: a forked child runs a job
and kills itself there; when all are dead and their leases have run out, other workers finish.
Every allocation has a tenant of its own, so that making its namespace is a part of the run. Those
that were brought up in a round lose their node, are placed anew, and are released.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from scheduling.services.allocations import CREATE, RELEASE, REPLACE
from tests.storms.arena import Arena
from tests.storms.oracle import settled
from tests.storms.storm import Storm

pytestmark = [pytest.mark.storm, pytest.mark.bed, pytest.mark.django_db(transaction=True)]
SPARE = 10  # runs that make up for those whose job never came to its boundary
ROUNDS = (2, pytest.param(20, marks=pytest.mark.long))


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.timeout(7200)
def test_kills_at_every_boundary_leave_everything_exact(
    arena: Arena, rounds: int, say: Callable[[str], None]
) -> None:
    storm, began = Storm(arena, say), time.monotonic()
    say("")
    count = len(storm.learn(CREATE, arena.ask(1)[0])) + SPARE
    for number in range(rounds):
        storm.kill(CREATE, arena.ask(count))
        settled(arena, arena.held())
        jobs = arena.lose_node()
        if not number:
            storm.learn(REPLACE, jobs.pop(0))
        storm.kill(REPLACE, jobs)
        settled(arena, arena.held())
        arena.restore_nodes()
        jobs = arena.release(arena.held())
        if not number:
            storm.learn(RELEASE, jobs.pop(0))
        storm.kill(RELEASE, jobs)
        settled(arena, [])
    total = sum(storm.struck.values())
    say(f"{total} kills in {rounds} rounds, {time.monotonic() - began:.0f} s")
    assert storm.struck == {kind: len(b) * rounds for kind, b in storm.boundaries.items()}
