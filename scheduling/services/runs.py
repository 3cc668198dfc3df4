"""Runs to completion: how one has ended, and giving back what it held."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_noop

from inventory.models import WorkloadFact
from portal.errors import Conflict
from portal.jobs.outcome import Reason
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES
from portal.viewer import Viewer
from scheduling.choices import RunsAs
from scheduling.models import Allocation
from scheduling.services.allocations import CREATE, RELEASABLE, allocation_release

WATCHER = Viewer.system("watcher")
COMPLETE, FAILED = "Complete", "Failed"
PODS_FAILED = gettext_noop("The run failed: its pods ended in failure too often.")
RUN_FAILED = gettext_noop("The run failed; Kubernetes says %(why)s.")


def run_end(conditions: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The condition by which a Job has ended; None while it has not."""
    final = (c for c in conditions if c.get("type") in (COMPLETE, FAILED))
    return next((c for c in final if c.get("status") == "True"), None)


def run_failure(end: Mapping[str, Any]) -> Reason | None:
    """Why a run that has ended has failed; None where it completed."""
    if end["type"] != FAILED:
        return None
    why = str(end.get("reason") or "")
    text = PODS_FAILED if why == "BackoffLimitExceeded" else RUN_FAILED
    return Reason("run-failed", text, {"why": why})


def run_settle(allocation: Allocation, fact: WorkloadFact) -> bool:
    """Have a run that has ended given back, as failed where it has; True when that was asked for.

    While the job that brings it up is at work it is left alone: that one looks by itself, and a
    round by the clock catches what crosses.
    """
    if allocation.runs_as != RunsAs.COMPLETION or allocation.state not in RELEASABLE:
        return False
    end = run_end(fact.conditions)
    coming = JobRun.objects.filter(
        kind=CREATE, key=allocation.job_key, state__in=ACTIVE_STATES
    ).exists()
    if end is None or coming:
        return False
    failure = run_failure(end)
    why = "failed" if failure else "completed"
    try:
        allocation_release(
            allocation=allocation,
            viewer=WATCHER,
            why=why,
            reason=failure,
            fails=failure is not None,
        )
    except Conflict:
        return False  # somebody released it a moment ago
    return True
