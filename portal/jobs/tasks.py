"""The bell: one Celery task for every kind of job."""

from __future__ import annotations

from celery import shared_task

from portal.jobs.requests import RUN_TASK
from portal.jobs.runner import job_run


@shared_task(name=RUN_TASK)
def run(*, job_id: int, **_: object) -> None:
    """Look at a job and take it as far as it goes."""
    job_run(job_id=job_id)
