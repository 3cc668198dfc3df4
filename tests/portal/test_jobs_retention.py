"""Jobs that ended long ago are forgotten, but for those that somebody still needs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from portal import audit
from portal.jobs import retention
from portal.jobs.retention import jobs_trim
from portal.models import AuditEntry, JobAttempt, JobLog, JobRun, JobState, JobStep
from portal.scope import scope
from portal.viewer import Viewer
from tests.people import People
from tests.scheduling.pages.seed import seed_make

pytestmark = pytest.mark.django_db
SYSTEM = Viewer.system("tests")
NOW = timezone.now()
OLD = NOW - timedelta(days=181)


def job(
    key: str = "x:1",
    *,
    state: str = JobState.SUCCEEDED,
    ended: datetime | None = OLD,
    retry_of: JobRun | None = None,
) -> JobRun:
    """A job that ended then, with all that hangs on it."""
    made: JobRun = JobRun.objects.create(
        kind="t",
        key=key,
        queue="report",
        requested_by_label="t",
        state=state,
        finished_at=ended,
        retry_of=retry_of,
    )
    JobStep.objects.create(job=made, index=0, name="lift")
    JobLog.objects.create(job=made, step="lift", level="info", text="Lifted")
    JobAttempt.objects.create(job=made, epoch=1, worker="w")
    return made


def left() -> set[int]:
    """Numbers of the jobs that are left, each with its rows."""
    with scope(SYSTEM):
        jobs_trim(NOW)
    with scope(SYSTEM):
        found = set(JobRun.objects.values_list("pk", flat=True))
        for model in (JobStep, JobLog, JobAttempt):
            assert set(model.objects.values_list("job_id", flat=True)) == found
        return found


def test_what_ended_long_ago_goes_with_its_steps_and_its_log() -> None:
    with scope(SYSTEM):
        gone = job()
        kept = job("x:2", ended=OLD + timedelta(days=2))
        audit.record(
            viewer=SYSTEM, verb="job.retry", target_type="job", target_id=gone.pk, tenant_key=""
        )
    assert left() == {kept.pk}
    with scope(SYSTEM):
        assert AuditEntry.objects.filter(target_id=str(gone.pk), target_type="job").exists()


@pytest.mark.parametrize("state", [JobState.PARKED, JobState.WAITING, JobState.QUARANTINED])
def test_what_waits_for_somebody_stays(state: JobState) -> None:
    with scope(SYSTEM):
        kept = job(state=state)
    assert left() == {kept.pk}


def test_a_chain_of_tries_goes_from_its_end() -> None:
    with scope(SYSTEM):
        first = job(state=JobState.FAILED)
        job(retry_of=first)
        failed = job("x:2", state=JobState.FAILED)
        late = job("x:2", retry_of=failed, ended=NOW)
        looked_at = job("x:3", state=JobState.QUARANTINED)
        again = job("x:3", retry_of=looked_at)
    assert left() == {failed.pk, late.pk, looked_at.pk, again.pk}


def test_jobs_of_an_allocation_stay_while_it_holds(people: People) -> None:
    assert people
    seed = seed_make()
    with scope(SYSTEM):
        JobRun.objects.all().delete()
        holds = job(seed.active.job_key)
        job(seed.failed.job_key)
    assert left() == {holds.pk}


def test_a_heap_goes_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "BATCHES", 2)
    with scope(SYSTEM):
        made = [job(f"x:{number}").pk for number in range(6)]
    assert left() == set(made[4:])
    assert left() == set()


def test_no_days_keep_them_for_ever(settings: Settings) -> None:
    settings.KEEP_JOBS_DAYS = 0
    with scope(SYSTEM):
        kept = job()
    assert left() == {kept.pk}


def test_what_the_clock_does_all_the_time_goes_after_an_hour(settings: Settings) -> None:
    settings.KEEP_JOBS_DAYS = 0
    ago = NOW - timedelta(hours=2)
    with scope(SYSTEM):
        kept = [job("a:1", ended=ago), job("b:1", state=JobState.FAILED, ended=ago)]
        gone, newer = job("c:1", ended=ago), job("d:1", ended=NOW - timedelta(minutes=30))
        looks = [kept[1].pk, gone.pk, newer.pk]
        JobRun.objects.filter(pk__in=looks).update(kind="namespace.look")
    assert left() == {*(row.pk for row in kept), newer.pk}
