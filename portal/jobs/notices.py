"""Telling the operators of jobs that go no further without a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models.jobs import JobRun
from portal.notices import notify, told_since
from portal.notices.kinds import NoticeKind
from portal.viewers import audience_of

PARKED = NoticeKind(
    code="job.parked",
    label=_("A job waits for a person"),
    title=_("Job %(job)s waits for a person"),
    text=_("Its page says why, and what can be done. The list of jobs shows whether others wait."),
    email=True,
    verb="job.control",
)
SAME = timedelta(days=1)
MOST, MOST_WITHIN = 5, timedelta(minutes=10)


def parked_tell(*, job_id: int, code: str) -> None:
    """Tell of a job that was parked or quarantined, in the transaction of that.

    Once for each parking: one that facts wake, and that finds nothing changed, parks again and
    has been told of, and so has what the clock asks for anew after it was quarantined. Where one
    cause parks many, the first ones stand for them all.
    """
    job = JobRun.objects.get(pk=job_id)
    now, about = timezone.now(), f"{job.kind} {job.key} {code}"
    if told_since(kind=PARKED.code, since=now - SAME, about=about) or _is_flood(now):
        return
    notify(
        kind=PARKED.code,
        users=audience_of(""),
        tenant_key=job.tenant_key,
        params={"job": job.ref, "about": about},
        url=f"/jobs/{job.pk}/",
    )


def _is_flood(now: datetime) -> bool:
    return told_since(kind=PARKED.code, since=now - MOST_WITHIN) >= MOST
