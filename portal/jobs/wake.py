"""Waking jobs from inside a transaction that holds other rows."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from portal.jobs.records import Clock
from portal.jobs.requests import jobs_nudge
from portal.models.jobs import JobRun, JobState
from portal.scope import scope
from portal.viewer import Viewer


def jobs_wake(*, keys: Iterable[str], parked: bool = False) -> None:
    """Make jobs of these keys due as soon as the open transaction is through.

    A running job holds its own row and waits for rows of quota and nodes. Whoever holds those and
    then waited for the job's row would deadlock with it; so the jobs' rows come last, in a
    transaction of their own. A wake that is lost to a crash costs what the job waits by itself.
    """
    found = sorted(set(keys))
    if found:
        transaction.on_commit(lambda: _nudge(found, parked=parked), robust=True)


def _nudge(keys: list[str], *, parked: bool) -> None:
    with scope(Viewer.system("jobs")):
        if parked:  # one that looks right now may be about to park on what it saw before
            # First these: a row that is being parked is waited for here, and found parked below.
            running = JobRun.objects.filter(key__in=keys, state=JobState.RUNNING)
            running.update(due_at=Clock())
        jobs_nudge(keys=keys, parked=parked)
