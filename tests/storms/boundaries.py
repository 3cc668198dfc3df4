"""Where a job may be killed: a tracer that counts boundaries, and children that die at one.

A boundary is a COMMIT of a scope, before and after it, and a call to the cluster, before it is
sent and after it has landed. The child that runs the job is forked, so that a SIGKILL takes
nothing with it but the child.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connections

from inventory.selectors import connections as selectors
from portal import faults
from portal.jobs import lease as leases
from portal.jobs import requests
from portal.jobs.runner import job_run

POINTS = ("db.before_commit", "db.after_commit", "cluster.before", "cluster.after")


@dataclass(frozen=True, slots=True)
class Hit:
    """One boundary that a run came to: how many it was, which, and where."""

    number: int
    name: str
    where: str


def trace(job_id: int) -> list[Hit]:
    """Run a job in this process until it waits or ends; tell which boundaries it came to."""
    hits: list[Hit] = []

    def note(name: str, facts: dict[str, Any]) -> None:
        if name in POINTS and facts.get("verb") != "WATCH":
            hits.append(Hit(len(hits), name, f"{facts.get('verb', '')} {facts.get('path', '')}"))

    remove = faults.install(note)
    try:
        job_run(job_id=job_id)
    finally:
        remove()
    return hits


def fork_run(job_id: int, *, at: int | None, how: signal.Signals = signal.SIGKILL) -> int:
    """Run a job in a forked child that signals itself at boundary number `at`; return its pid."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        _child(job_id, at, how)
    return pid


def _child(job_id: int, at: int | None, how: signal.Signals) -> None:
    """Never returns: whatever happens, the child leaves without the parent's clean-up."""
    count = 0

    def die(name: str, facts: dict[str, Any]) -> None:
        nonlocal count
        if name in POINTS and facts.get("verb") != "WATCH":
            if count == at:
                os.kill(os.getpid(), how)
            count += 1

    try:
        # Sockets that were open before the fork belong to the parent.
        selectors._clients.clear()
        requests.ring = lambda **_: True
        if at is not None:
            faults.install(die)
        job_run(job_id=job_id)
    finally:
        os._exit(0)


def wait_for(pid: int, *, seconds: float = 30.0) -> None:
    """Wait for a child to end or to stop; kill one that hangs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, _status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found:
            return
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def unfenced(lease: leases.Lease) -> None:
    """What `fence` would be without the epoch: it lets everybody write."""


def run_until(
    job_id: int, final: Callable[[], bool], *, seconds: float = 60.0, pause: float = 0.05
) -> None:
    """Run a job in undisturbed children until it is final."""
    end = time.monotonic() + seconds
    while not final():
        if time.monotonic() > end:
            raise AssertionError(f"J-{job_id} is not final within {seconds} s")
        wait_for(fork_run(job_id, at=None))
        time.sleep(pause)
