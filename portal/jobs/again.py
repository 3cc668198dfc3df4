"""When to ask again for what failed: later each time, so that a refusal is no flood of jobs."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import takewhile

from portal.models.jobs import FINAL_STATES, JobRun, JobState

MOST_COUNTED = 12


def failures_in_a_row(*, kind: str, key: str) -> list[datetime]:
    """When the jobs of this kind and key ended that failed since the last success, newest first.

    At most the last twelve; a job that is still active does not count.
    """
    ended = JobRun.objects.filter(kind=kind, key=key, state__in=FINAL_STATES).order_by("-id")
    rows = ended.values_list("state", "finished_at")[:MOST_COUNTED]
    failed = takewhile(lambda row: row[0] != JobState.SUCCEEDED, rows)
    return [at for _state, at in failed if at is not None]


def may_ask(*, kind: str, key: str, now: datetime, first: timedelta, most: timedelta) -> bool:
    """Tell whether it is time: `first` after one failure, twice as long after each, up to `most`.

    Asks in the scope that is open.
    """
    failed = failures_in_a_row(kind=kind, key=key)
    return not failed or now >= failed[0] + min(most, first * 2 ** (len(failed) - 1))
