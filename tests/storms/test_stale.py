"""Workers that sleep past their lease and wake up when others have finished their jobs.

The epoch is what keeps them from writing. With it everything is exact; without it the very same
run is not, which shows that the run tests what it is meant to test.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from portal.jobs import context, lease, records
from portal.models import JobRun
from scheduling.services.allocations import CREATE, RELEASE, REPLACE
from tests.scheduling.world import system
from tests.storms.arena import Arena
from tests.storms.boundaries import fork_at, fork_finish, unfenced, wait_for, wait_one
from tests.storms.oracle import Inexact, settled
from tests.storms.storm import LEASE_SECONDS, Storm, finish

pytestmark = [
    pytest.mark.storm,
    pytest.mark.bed,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
]


def allocate_asleep(arena: Arena, storm: Storm) -> None:
    """Allocate, with a worker that sleeps at each boundary."""
    count = len(storm.learn(CREATE, arena.ask(1)[0]))
    storm.stall(CREATE, arena.ask(count))


@pytest.mark.long
def test_a_worker_that_wakes_up_late_writes_nothing(
    arena: Arena, say: Callable[[str], None]
) -> None:
    storm = Storm(arena, say, reads=True)
    say("")
    allocate_asleep(arena, storm)
    settled(arena, arena.held())
    jobs = arena.lose_node()
    storm.learn(REPLACE, jobs.pop(0))
    storm.stall(REPLACE, jobs)
    settled(arena, arena.held())
    jobs = arena.release(arena.held())
    storm.learn(RELEASE, jobs.pop(0))
    storm.stall(RELEASE, jobs)
    settled(arena, [])


@pytest.mark.long
def test_without_the_epoch_the_same_run_is_not_exact(
    arena: Arena, monkeypatch: pytest.MonkeyPatch, say: Callable[[str], None]
) -> None:
    for module in (lease, records, context):
        monkeypatch.setattr(module, "fence", unfenced)
    say("")
    allocate_asleep(arena, Storm(arena, say, reads=True))
    with pytest.raises(Inexact) as found:
        settled(arena, arena.held(), seconds=30)
    say(f"without the epoch: {len(str(found.value).splitlines())} differences")


def test_a_worker_that_sleeps_in_a_transaction_holds_others_back(arena: Arena) -> None:
    """Nobody can claim past it, and when it wakes up its commit counts: it still had the job."""
    storm = Storm(arena, lambda _line: None)
    first, job = arena.ask(2)
    places = [
        boundary
        for boundary in storm.learn(CREATE, first)
        if (boundary.step, boundary.name) == ("place", "db.before_commit")
        and boundary.where == "place.place"
    ]
    pid = fork_at(job.pk, places[-1], signal.SIGSTOP)
    assert wait_one([pid]).code == -signal.SIGSTOP
    time.sleep(LEASE_SECONDS)
    wait_for([fork_finish([job.pk], seconds=3)])
    with system():
        row = JobRun.objects.get(pk=job.pk)
    assert (row.epoch, row.state) == (1, "running")
    os.kill(pid, signal.SIGCONT)
    finish([job.pk])
    assert wait_for([pid]) == [0]
    settled(arena, arena.held())
