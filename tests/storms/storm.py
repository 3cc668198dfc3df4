"""Striking jobs at their boundaries, by a kill or by a sleep, and letting others finish them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from portal.models import JobRun
from tests.storms.boundaries import (
    Boundary,
    ChildHangs,
    fork_at,
    fork_finish,
    trace,
    wait_for,
    wait_one,
)

if TYPE_CHECKING:
    from tests.storms.arena import Arena

LEAST_BOUNDARIES = 12
LEASE_SECONDS = 1.0
ABREAST = 3
FINISHERS = 3
CONTROLLERS = "controller-manager"
WAITS_FOR = {"confirm": "apply", "settle": "evict", "vanish": "withdraw"}  # what they wait for
WAITS_FOR_FACTS = "_facts_pending"
SLEEPERS = 20  # at a time: each holds two sessions of the database


class Storm:
    """The boundaries of each kind of job, and how often a run ended at each.

    With `reads` a COMMIT that wrote nothing is a boundary too.
    """

    def __init__(self, arena: Arena, say: Callable[[str], None], *, reads: bool = False) -> None:
        self._bed = arena.bed
        self._mirror_pid = arena.mirror_pid
        self._reads = reads
        self.boundaries: dict[str, list[Boundary]] = {}
        self.struck: dict[str, int] = {}
        self._say = say

    def learn(self, kind: str, job: JobRun) -> list[Boundary]:
        """Trace an undisturbed run; too few boundaries mean that the tracer is blind."""
        found = trace(job.pk, reads=self._reads)
        assert len(found) >= LEAST_BOUNDARIES, found
        self.boundaries[kind] = found
        return found

    def kill(self, kind: str, jobs: list[JobRun]) -> None:
        """Kill a run at each boundary; the jobs beyond those make up for misses. All finish."""
        began = time.monotonic()
        queue, wanted = [job.pk for job in jobs], self.boundaries[kind]
        missed, _pids = self._strike(list(zip(queue, wanted, strict=False)), signal.SIGKILL)
        spare = queue[len(wanted) :]
        if missed:
            places = "; ".join(f"{b.step} {b.name} {b.where} {b.nth}" for b in missed)
            self._say(f"{kind}: not met at first: {places}")
        while missed:
            assert spare, f"{kind}: no run came to {missed}"
            if self._kill_waiting(spare.pop(0), missed[0]):
                missed.pop(0)
        self.struck[kind] = self.struck.get(kind, 0) + len(wanted)
        struck = time.monotonic()
        time.sleep(LEASE_SECONDS)
        finish([job.pk for job in jobs])
        self._say(
            f"{kind}: {len(self.boundaries[kind])} boundaries, {self.struck[kind]} kills so far,"
            f" {struck - began:.0f} s to kill, {time.monotonic() - struck:.0f} s to finish"
        )

    def _kill_waiting(self, job_id: int, boundary: Boundary) -> bool:
        """Kill a run that waits for somebody who stands still; False where it got past.

        The mirror where it waits for facts, else the cluster's controllers.
        """
        pid = self._bed.describe()["components"][CONTROLLERS]["pid"]
        freeze = (WAITS_FOR.get(boundary.step, boundary.step), pid)
        if boundary.where.endswith(WAITS_FOR_FACTS):
            freeze = (boundary.step, self._mirror_pid)
        child = fork_at(job_id, boundary, signal.SIGKILL, reads=self._reads, freeze=freeze)
        try:
            return wait_one([child], seconds=20).code == -signal.SIGKILL
        except ChildHangs:
            return False
        finally:
            os.kill(freeze[1], signal.SIGCONT)

    def stall(self, kind: str, jobs: list[JobRun]) -> None:
        """Put runs to sleep past their leases, let others finish, and wake them.

        Not before a COMMIT: whoever sleeps there holds the rows themselves.
        """
        chosen = [b for b in self.boundaries[kind] if b.name != "db.before_commit"]
        runs = list(zip([job.pk for job in jobs], chosen, strict=False))
        assert len(runs) == len(chosen)
        woken = 0
        for start in range(0, len(runs), SLEEPERS):
            some = runs[start : start + SLEEPERS]
            _missed, pids = self._strike(some, signal.SIGSTOP)
            time.sleep(LEASE_SECONDS)
            finish([job_id for job_id, _boundary in some])
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            codes = wait_for(pids)
            assert set(codes) <= {0}, codes
            woken += len(pids)
        finish([job.pk for job in jobs])
        assert woken > len(chosen) // 2
        self._say(f"{kind}: {woken} workers woke up after others had finished their jobs")

    def _strike(
        self, runs: list[tuple[int, Boundary]], how: signal.Signals
    ) -> tuple[list[Boundary], list[int]]:
        """Let each job's run end or stop at its boundary.

        Return the boundaries that no run came to, and the children that stopped.
        """
        missed: list[Boundary] = []
        stopped: list[int] = []
        waiting, running = list(runs), dict[int, Boundary]()
        while waiting or running:
            while waiting and len(running) < ABREAST:
                job_id, boundary = waiting.pop(0)
                running[fork_at(job_id, boundary, how, reads=self._reads)] = boundary
            ended = wait_one(list(running))
            boundary = running.pop(ended.pid)
            if ended.code == -signal.SIGSTOP:
                stopped.append(ended.pid)
            elif ended.code != -how:
                assert ended.code == 0, (boundary, ended)
                missed.append(boundary)
        return missed, stopped


def finish(job_ids: list[int], *, seconds: float = 240.0) -> None:
    """Let other workers take all to their ends."""
    shares = [job_ids[n::FINISHERS] for n in range(FINISHERS)]
    codes = wait_for([fork_finish(share, seconds=seconds) for share in shares if share])
    assert set(codes) <= {0}, codes
