"""Rows of the durable job: the row is the job, Celery only rings the bell (design, section 5)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.acts import actor_title
from portal.viewer import VisibleQuerySet


class JobState(models.TextChoices):
    """Where a job stands; the last five are final."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting")
    PARKED = "parked", _("Parked")
    COMPENSATING = "compensating", _("Undoing")
    SUCCEEDED = "succeeded", _("Succeeded")
    COMPENSATED = "compensated", _("Undone")
    FAILED = "failed", _("Failed")
    QUARANTINED = "quarantined", _("Quarantined")
    CANCELLED = "cancelled", _("Cancelled")


FINAL_STATES = (
    JobState.SUCCEEDED,
    JobState.COMPENSATED,
    JobState.FAILED,
    JobState.QUARANTINED,
    JobState.CANCELLED,
)
RETRYABLE_STATES = tuple(state for state in FINAL_STATES if state != JobState.SUCCEEDED)
ACTIVE_STATES = tuple(state for state in JobState if state not in FINAL_STATES)


class JobRun(models.Model):
    """One durable execution with steps.

    `epoch` fences: every claim raises it, every later write names it. Times of lease and due are
    the database's. `undoing` says that the steps being run are those that undo; `reason` says in
    a `portal.jobs.outcome.Reason` why the job waits, is parked or has failed.
    """

    kind = models.CharField(max_length=60)
    kind_version = models.PositiveSmallIntegerField(default=1)
    key = models.CharField(max_length=120)
    tenant_key = models.CharField(max_length=40, blank=True, default="")
    queue = models.CharField(max_length=20)
    args = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=JobState, default=JobState.QUEUED)
    undoing = models.BooleanField(default=False)
    step_index = models.PositiveSmallIntegerField(default=0)
    step_count = models.PositiveSmallIntegerField(default=0)
    epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    claims_since_progress = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, db_default=Now())
    hinted_at = models.DateTimeField(null=True, blank=True)
    reason = models.JSONField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.CharField(max_length=150, blank=True, default="")
    requested_by_id = models.BigIntegerField(null=True, blank=True)
    requested_by_label = models.CharField(max_length=150)
    request_id = models.CharField(max_length=64, blank=True, default="")
    retry_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="retries"
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=[str(state) for state in ACTIVE_STATES]),
                name="job_one_active_per_key",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[str(s) for s in JobState]),
                name="job_state_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=[str(state) for state in ACTIVE_STATES]),
                name="job_due",
            ),
            models.Index(fields=["tenant_key", "-id"], name="job_tenant"),
            models.Index(fields=["key", "-id"], name="job_key"),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.kind}"

    @property
    def ref(self) -> str:
        """The name people use: J-12."""
        return f"J-{self.pk}"

    @property
    def asked_by(self) -> str:
        """Who asked for it, in words where that was a part of Berth."""
        return actor_title(self.requested_by_label, "user" if self.requested_by_id else "system")

    @property
    def is_final(self) -> bool:
        """Tell whether nothing will ever change this job again."""
        return self.state in FINAL_STATES


class StepState(models.TextChoices):
    """Where a step stands."""

    PENDING = "pending", _("To come")
    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not needed")


class JobStep(models.Model):
    """One step of a job: what it meant to do (`intent`), what came out (`outcome`).

    `progress` is what the step last showed, `least_left` how near to its end it has ever come.
    """

    job = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="steps")
    undoing = models.BooleanField(default=False)
    index = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=StepState, default=StepState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    intent = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    reason = models.JSONField(null=True, blank=True)
    progress = models.JSONField(null=True, blank=True)
    least_left = models.PositiveIntegerField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["undoing", "index"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "undoing", "index"], name="job_step_unique")
        ]

    def __str__(self) -> str:
        return f"{self.job_id}/{self.name}"


class JobAttempt(models.Model):
    """One claim of a job by a worker; without an end, that worker was lost."""

    job = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="attempts")
    epoch = models.PositiveIntegerField()
    worker = models.CharField(max_length=120)
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_as = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-epoch"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "epoch"], name="job_attempt_unique")
        ]

    def __str__(self) -> str:
        return f"{self.job_id}#{self.epoch}"


class JobLog(models.Model):
    """A line a person reads: an English sentence to translate, and its values."""

    job = models.ForeignKey(JobRun, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    step = models.CharField(max_length=40)
    level = models.CharField(max_length=5)
    text = models.CharField(max_length=300)
    params = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.job_id} {self.step}: {self.text}"


class Heartbeat(models.Model):
    """When a process of Berth, or a periodic piece of work, last said that it is alive."""

    name = models.CharField(max_length=80, primary_key=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name
