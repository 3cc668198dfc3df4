"""Who may hear of what happens to jobs."""

from __future__ import annotations

from portal.jobs.selectors import job_get
from portal.live.topics import register
from portal.viewer import Viewer


def topics_register() -> None:
    """Make "jobs" (everything, for operators) and "job:<id>" known; called once, from `ready`."""
    register("jobs", _may_jobs)
    register("job", _may_job)


def _may_jobs(viewer: Viewer, ident: str) -> bool:
    return ident == "" and viewer.sees_all and viewer.can("job.view")


def _may_job(viewer: Viewer, ident: str) -> bool:
    return job_get(job_id=int(ident), viewer=viewer) is not None
