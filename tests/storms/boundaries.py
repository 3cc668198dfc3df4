"""Where a job may be killed: a tracer that counts boundaries, and children that die at one.

A boundary is a COMMIT of a scope, before and after it, and a call to the cluster, before it is
sent and after it has landed. The child that runs the job is forked, so that a SIGKILL takes
nothing with it but the child.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import Any

from django.db import connections

from inventory.selectors import connections as selectors
from portal import faults
from portal.jobs import lease as leases
from portal.jobs import requests
from portal.jobs.runner import job_run
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES
from portal.scope import scope
from portal.viewer import Viewer

POINTS = ("db.before_commit", "db.after_commit", "cluster.before", "cluster.after")


@dataclass(frozen=True, slots=True)
class Hit:
    """One boundary that a run came to: how many it was, which, and where."""

    number: int
    name: str
    where: str


def job_finish(job_id: int) -> None:
    """Run a job claim after claim until it is final or somebody else has it."""
    while job_run(job_id=job_id):
        with scope(Viewer.system("tests")):
            job = JobRun.objects.get(pk=job_id)
            if job.is_final:
                return
            # Nobody waits for the clock here: what waits is due again at once.
            JobRun.objects.filter(pk=job_id, state__in=("waiting", "compensating")).update(
                due_at="2000-01-01T00:00Z"
            )
        time.sleep(0.05)


def trace(job_id: int) -> list[Hit]:
    """Run a job to its end in this process; tell which boundaries it came to."""
    hits: list[Hit] = []

    def note(name: str, facts: dict[str, Any]) -> None:
        if counts(name, facts):
            hits.append(Hit(len(hits), name, f"{facts.get('verb', '')} {facts.get('path', '')}"))

    remove = faults.install(note)
    try:
        job_finish(job_id)
    finally:
        remove()
    return hits


def counts(name: str, facts: dict[str, Any]) -> bool:
    """Tell whether a point is a boundary of the thread that runs the job."""
    main = threading.current_thread() is threading.main_thread()
    return main and name in POINTS and facts.get("verb") != "WATCH"


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
        if counts(name, facts):
            if count == at:
                os.kill(os.getpid(), how)
            count += 1

    try:
        # Sockets that were open before the fork belong to the parent.
        selectors._clients.clear()
        requests.ring = lambda **_: True
        if at is not None:
            faults.install(die)
        job_finish(job_id)
    finally:
        os._exit(0)


def wait_for(pid: int, *, seconds: float = 60.0) -> None:
    """Wait for a child to end or to stop; kill one that hangs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, _status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if found:
            return
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def all_finish(job_ids: list[int], *, abreast: int, seconds: float = 120.0) -> None:
    """Run jobs in undisturbed children, some at a time, until all are final."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with scope(Viewer.system("tests")):
            left = list(
                JobRun.objects.filter(pk__in=job_ids, state__in=ACTIVE_STATES)
                .order_by("pk")
                .values_list("pk", flat=True)
            )
        if not left:
            return
        for pid in [fork_run(job_id, at=None) for job_id in left[:abreast]]:
            wait_for(pid)
    raise AssertionError(f"not final within {seconds} s: {left}")


def unfenced(lease: leases.Lease) -> None:
    """What `fence` would be without the epoch: it lets everybody write."""
