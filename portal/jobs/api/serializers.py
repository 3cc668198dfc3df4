"""What jobs look like in REST."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.jobs.selectors import JobDetail, job_actions, job_detail
from portal.jobs.shown import log_text
from portal.jobs.words import kind_title, reason_shown
from portal.models.jobs import JobAttempt, JobLog, JobRun, JobStep


def reason_out(data: dict[str, Any] | None, *, viewer: Any) -> dict[str, Any] | None:
    """A recorded reason as this viewer may read it."""
    reason = reason_shown(data, viewer=viewer)
    if reason is None:
        return None
    refusal = reason.refusal.as_dict() if reason.refusal else None
    return {"code": reason.code, "sentence": reason.sentence(), "refusal": refusal}


class JobOut(serializers.ModelSerializer[JobRun]):
    """A job. `key` names what it works on; `step` counts from 1."""

    ref = serializers.CharField()
    title = serializers.SerializerMethodField()
    tenant = serializers.CharField(source="tenant_key", allow_blank=True)
    step = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()
    requested_by = serializers.CharField(source="requested_by_label")
    retry_of = serializers.IntegerField(source="retry_of_id", allow_null=True)

    class Meta:
        model = JobRun
        fields: tuple[str, ...] = (
            "id",
            "ref",
            "kind",
            "title",
            "key",
            "tenant",
            "state",
            "undoing",
            "step",
            "step_count",
            "reason",
            "requested_by",
            "retry_of",
            "cancel_requested_at",
            "created_at",
            "started_at",
            "finished_at",
        )

    def get_title(self, job: JobRun) -> str:
        """The kind in words."""
        return kind_title(job.kind)

    def get_step(self, job: JobRun) -> int:
        """Which step runs or would run next."""
        return min(job.step_index + 1, job.step_count)

    def get_reason(self, job: JobRun) -> dict[str, Any] | None:
        """Code, sentence and refusal."""
        return reason_out(job.reason, viewer=self.context["viewer"])


class StepOut(serializers.ModelSerializer[JobStep]):
    """A step; `progress` has done, total and items while it runs."""

    reason = serializers.SerializerMethodField()

    class Meta:
        model = JobStep
        fields = (
            "name",
            "undoing",
            "state",
            "attempts",
            "outcome",
            "progress",
            "reason",
            "began_at",
            "ended_at",
        )

    def get_reason(self, step: JobStep) -> dict[str, Any] | None:
        """Code, sentence and refusal."""
        return reason_out(step.reason, viewer=self.context["viewer"])


class LogOut(serializers.ModelSerializer[JobLog]):
    """A line of the log."""

    text = serializers.SerializerMethodField()

    class Meta:
        model = JobLog
        fields = ("at", "step", "level", "text")

    def get_text(self, line: JobLog) -> str:
        """The sentence with its values."""
        return log_text(line)


class AttemptOut(serializers.ModelSerializer[JobAttempt]):
    """A claim by a worker; without an end that worker was lost or is at work."""

    class Meta:
        model = JobAttempt
        fields = ("epoch", "worker", "began_at", "ended_at", "ended_as")


class JobDetailOut(JobOut):
    """A job with its steps, the last lines of its log and its attempts."""

    steps = serializers.SerializerMethodField()
    log = serializers.SerializerMethodField()
    attempts = serializers.SerializerMethodField()
    may = serializers.SerializerMethodField()

    class Meta(JobOut.Meta):
        fields = (*JobOut.Meta.fields, "steps", "log", "attempts", "may")

    def _detail(self, job: JobRun) -> JobDetail:
        if not hasattr(self, "_known"):
            self._known = job_detail(job=job)
        return self._known

    def get_steps(self, job: JobRun) -> list[dict[str, Any]]:
        """Forward, then undoing."""
        return list(StepOut(self._detail(job).steps, many=True, context=self.context).data)

    def get_log(self, job: JobRun) -> list[dict[str, Any]]:
        """Oldest first."""
        return list(LogOut(self._detail(job).log, many=True).data)

    def get_attempts(self, job: JobRun) -> list[dict[str, Any]]:
        """Newest first."""
        return list(AttemptOut(self._detail(job).attempts, many=True).data)

    def get_may(self, job: JobRun) -> list[str]:
        """What the asker may do now: cancel, retry, resume."""
        actions = job_actions(job=job, viewer=self.context["viewer"])
        return [name for name in ("cancel", "retry", "resume") if getattr(actions, name)]
