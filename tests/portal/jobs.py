"""Kinds of job made up for a test, on the real tables, and workers that run them at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.utils import timezone

from portal.jobs import registry
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Outcome
from portal.jobs.registry import JobKind, Step
from portal.jobs.requests import job_request
from portal.jobs.runner import job_run
from portal.models import JobRun
from portal.models.jobs import FINAL_STATES, JobStep
from portal.scope import scope
from portal.viewer import Viewer

SYSTEM = Viewer.system("tests")
KIND = "test.lift"
Run = Callable[[StepContext], Outcome]
Known = Callable[..., JobKind]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    """Make a kind known for this test: functions are its steps, named after them."""

    def make(
        *runs: Run, undo: Sequence[Run] = (), step_version: int = 1, name: str = KIND, **more: Any
    ) -> JobKind:
        def steps(functions: Sequence[Run]) -> tuple[Step, ...]:
            return tuple(Step(f.__name__, f, f.__name__, step_version) for f in functions)

        kind = JobKind(
            name=name,
            title="Lift",
            queue="report",
            steps=steps(runs),
            undo_steps=steps(undo),
            **more,
        )
        monkeypatch.setitem(registry._kinds, name, kind)
        return kind

    return make


def ask(*, key: str = "lift:1", kind: str = KIND, viewer: Viewer = SYSTEM, **more: Any) -> JobRun:
    """Ask for a job and commit."""
    with scope(SYSTEM):
        return job_request(kind=kind, key=key, viewer=viewer, args={}, **more)


def fresh(job: JobRun) -> JobRun:
    """The job as it is now."""
    with scope(SYSTEM):
        return JobRun.objects.get(pk=job.pk)


def steps_of(job: JobRun) -> dict[str, JobStep]:
    """Its steps by name."""
    with scope(SYSTEM):
        return {step.name: step for step in JobStep.objects.filter(job=job)}


def due(job: JobRun) -> None:
    """Let its time come, and the lease of a lost worker run out."""
    with scope(SYSTEM):
        JobRun.objects.filter(pk=job.pk).update(due_at=timezone.now(), lease_until=None)


def work(job: JobRun, *, times: int = 1) -> JobRun:
    """Let a worker take it as far as it goes, again as soon as it is let go, so many times."""
    for _time in range(times):
        if fresh(job).state in FINAL_STATES:
            break
        due(job)
        job_run(job_id=job.pk)
    return fresh(job)


def lift(_ctx: StepContext) -> Outcome:
    """A step that is through at once."""
    return Done()
