"""Forgetting jobs that ended long ago. What they did stays: ledger, decisions and audit log name
a job by its number and refer to no row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from portal.jobs.registry import routine_kinds
from portal.models.jobs import FINAL_STATES, JobRun, JobState
from portal.scope import scope
from portal.viewer import Viewer

EVERY_SECONDS = 3600
ROUTINE_KEPT = timedelta(hours=1)
BATCH, BATCHES = 200, 20  # in one transaction, and in one go: the sweeper has other work

KeysNeeded = Callable[[], "QuerySet[Any]"]
_needed: list[KeysNeeded] = []


def needed_register(keys: KeysNeeded) -> None:
    """Add a room's query for keys whose jobs still explain something that stands."""
    _needed.append(keys)


def is_forgotten(at: datetime, now: datetime) -> bool:
    """Tell whether a job of which something was said at `at` may have been removed since."""
    days = settings.KEEP_JOBS_DAYS
    return bool(days) and at < now - timedelta(days=days)


def jobs_trim(now: datetime) -> None:
    """Remove jobs that ended before the days to keep (0: none), with steps, claims and log.

    The last try goes before what it tried again. Quarantined ones stay for whoever looks at
    them, and with them what tried them again, for it says that somebody has looked. What the
    clock asks for all the time, and went well, goes after an hour.
    """
    for _batch in range(BATCHES):
        if not _trim_routine(now - ROUTINE_KEPT):
            break
    if not settings.KEEP_JOBS_DAYS:
        return
    before = now - timedelta(days=settings.KEEP_JOBS_DAYS)
    for _batch in range(BATCHES):
        if not _trim(before):
            return


def _trim_routine(before: datetime) -> int:
    with scope(Viewer.system("trim")):
        rows = JobRun.objects.filter(
            kind__in=routine_kinds(), state=JobState.SUCCEEDED, finished_at__lt=before, retries=None
        )
        return _remove(rows)


def _trim(before: datetime) -> int:
    with scope(Viewer.system("trim")):
        rows = JobRun.objects.filter(
            state__in=set(FINAL_STATES) - {JobState.QUARANTINED},
            finished_at__lt=before,
            retries=None,
        ).exclude(retry_of__state=JobState.QUARANTINED)
        for keys in _needed:
            rows = rows.exclude(key__in=keys())
        return _remove(rows)


def _remove(rows: QuerySet[JobRun]) -> int:
    """Delete a batch, the oldest first; how many that were."""
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    JobRun.objects.filter(pk__in=ids).delete()
    return len(ids)
