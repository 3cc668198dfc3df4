"""What a running step may touch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from portal import live
from portal.jobs.lease import Heart, Lease, LeaseLost, fence
from portal.jobs.records import progress_count
from portal.models.jobs import JobLog, JobRun, JobStep
from portal.scope import scope
from portal.viewer import Viewer


class CancelRequested(Exception):
    """Somebody asked for the job to be stopped; raised where stopping is safe."""


@dataclass(slots=True)
class StepContext:
    """Handed to a step: its job, what earlier attempts recorded, and fenced ways to write.

    `recorded` is what this step noted in an earlier attempt; `results` maps the name of each
    finished step to its result.
    """

    job: JobRun
    step: JobStep
    lease: Lease
    heart: Heart
    results: dict[str, dict[str, Any]]
    viewer: Viewer = field(default_factory=lambda: Viewer.system("jobs"))

    @property
    def args(self) -> dict[str, Any]:
        """The identifiers that the job was asked with."""
        args: dict[str, Any] = self.job.args
        return args

    @property
    def recorded(self) -> dict[str, Any]:
        """What this step noted so far, in this attempt or an earlier one."""
        intent: dict[str, Any] = self.step.intent
        return intent

    def now(self) -> datetime:
        """The time to decide with."""
        return timezone.now()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction in Berth's own scope that rolls back unless the claim still holds.

        Raises LeaseLost when another worker has the job.
        """
        with scope(self.viewer):
            fence(self.lease)
            self.heart.renewed()
            yield

    def record(self, **data: Any) -> None:
        """Note what this step means to do or has seen; call it inside `transaction`.

        What is new counts as progress; the same noted again by every attempt does not.
        """
        intent = self.step.intent | data
        if intent == self.step.intent:
            return
        self.step.intent = intent
        JobStep.objects.filter(pk=self.step.pk).update(intent=intent)
        progress_count(self.lease)

    def intend(self, **data: Any) -> None:
        """Note an intent in a transaction of its own, before the side effect."""
        with self.transaction():
            self.record(**data)

    def check(self) -> None:
        """Call before each cluster call: raises LeaseLost when the heart noticed a take-over."""
        if self.heart.is_lost:
            raise LeaseLost

    def check_cancel(self) -> None:
        """Call where stopping is safe: raises CancelRequested when somebody asked for it."""
        with scope(self.viewer):
            asked = JobRun.objects.filter(
                pk=self.job.pk, cancel_requested_at__isnull=False, undoing=False
            ).exists()
        if asked:
            raise CancelRequested

    def log(self, level: str, text: str, **params: Any) -> None:
        """Add a line to the job's log; `text` is marked with gettext_noop by the caller.

        Levels: info, ok, wait, warn, error. Inside `transaction` it belongs to it.
        """
        with scope(self.viewer):
            JobLog.objects.create(
                job_id=self.job.pk,
                step=self.step.name,
                level=level,
                text=text,
                params=params,
            )
            live.publish(f"job:{self.job.pk}", "log", job=self.job.pk)

    def progress(self, *, done: int, total: int, items: list[dict[str, Any]] | None = None) -> None:
        """Show how far the step is; writes only what changed.

        Less left than ever before counts as progress: attempts that all die at the same place
        come as far as the first one did, and no further.
        """
        progress = {"done": done, "total": total, "items": items or []}
        if progress == self.step.progress:
            return
        self.step.progress = progress
        least, left = self.step.least_left, max(0, total - done)
        nearer = least is None or left < least
        self.step.least_left = left if nearer else least
        with self.transaction():
            JobStep.objects.filter(pk=self.step.pk).update(
                progress=progress, least_left=self.step.least_left
            )
            if nearer:
                progress_count(self.lease)
            live.publish(f"job:{self.job.pk}", "progress", job=self.job.pk)
