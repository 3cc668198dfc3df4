"""A job as its page shows it: rows for the steps component, lines of the log, states in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal.jobs.outcome import Reason
from portal.jobs.selectors import JobDetail, job_actions, job_detail
from portal.jobs.words import (
    job_object,
    job_remedy,
    kind_title,
    reason_shown,
    result_words,
    step_title,
)
from portal.joins import values_joined
from portal.models.jobs import ACTIVE_STATES, JobLog, JobRun, JobState, JobStep, StepState
from portal.ui.strips import segments
from portal.ui.units import age_text, moment_text
from portal.viewer import Viewer

STATES: Mapping[str, tuple[str, Any]] = {
    JobState.QUEUED: ("wait", JobState.QUEUED.label),
    JobState.RUNNING: ("busy", JobState.RUNNING.label),
    JobState.WAITING: ("wait", JobState.WAITING.label),
    JobState.PARKED: ("warn", JobState.PARKED.label),
    JobState.COMPENSATING: ("busy", JobState.COMPENSATING.label),
    JobState.SUCCEEDED: ("ok", JobState.SUCCEEDED.label),
    JobState.COMPENSATED: ("danger", gettext_lazy("Failed, undone")),
    JobState.FAILED: ("danger", JobState.FAILED.label),
    JobState.QUARANTINED: ("danger", JobState.QUARANTINED.label),
    JobState.CANCELLED: ("off", JobState.CANCELLED.label),
}
LEVELS: Mapping[str, Any] = {
    "ok": pgettext_lazy("level of a line in a log", "ok"),
    "wait": pgettext_lazy("level of a line in a log", "wait"),
    "warn": pgettext_lazy("level of a line in a log", "warn"),
    "error": pgettext_lazy("level of a line in a log", "error"),
}
ROW_STATES: Mapping[str, str] = {
    StepState.DONE: "done",
    StepState.RUNNING: "now",
    StepState.WAITING: "waiting",
    StepState.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One row of <c-steps>."""

    state: str
    title: str
    result: str
    began: datetime | None
    took: str
    box: str


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of <c-log>."""

    at: datetime
    step: str
    level: str
    text: str

    @property
    def word(self) -> str:
        """The level in words; what merely informs needs none."""
        return str(LEVELS.get(self.level, ""))


def job_context(
    *, job: JobRun, viewer: Viewer, now: datetime, attempts: bool = True
) -> dict[str, Any]:
    """What the templates of a job read; pages that embed one leave its attempts out."""
    detail = job_detail(job=job, attempts=attempts)
    step, steps = job_progress(job)
    return {
        "job": job,
        "job_title": kind_title(job.kind),
        "job_status": job_status(job),
        "job_reason": reason_shown(job.reason, viewer=viewer),
        "job_object": job_object(job),
        "job_remedy": job_remedy(job, viewer=viewer),
        "job_steps": step_rows(detail=detail, viewer=viewer, now=now),
        "job_log": log_rows(detail),
        "job_attempts": [(each, attempt_words(each.ended_as)) for each in detail.attempts],
        "job_retries": getattr(job, "retry_ids", []),
        "job_actions": job_actions(job=job, viewer=viewer),
        "job_active": job.state in ACTIVE_STATES,
        "step": step,
        "steps": steps,
    }


def job_status(job: JobRun) -> tuple[str, Any]:
    """Icon kind and word of a job's state."""
    stopped = (job.reason or {}).get("code") == "cancelled"
    if job.state == JobState.COMPENSATED and stopped:
        return ("off", _("Stopped, undone"))
    return STATES.get(job.state, ("info", job.state))


def queued_words(job: JobRun) -> str:
    """What a queued job waits for; empty for any other."""
    if job.state != JobState.QUEUED:
        return ""
    if job.due_at is not None and job.due_at > timezone.now():
        return _("Starts %(moment)s") % {"moment": moment_text(job.due_at)}
    return _("Waits for its turn")


def attempt_words(ended_as: str) -> str:
    """How an attempt ended: in the words of states, for most end as one."""
    if ended_as == "crashed":
        return _("An error in Berth")
    if ended_as == JobState.WAITING:  # over for the worker, not for the job
        return _("Left to wait")
    return str(dict(JobState.choices).get(ended_as, ended_as))


def job_progress(job: JobRun) -> tuple[int, int]:
    """Which step of how many, counted from one; a finished job has done them all."""
    done = job.step_count if job.state == JobState.SUCCEEDED else job.step_index + 1
    return min(done, job.step_count), job.step_count


def step_rows(*, detail: JobDetail, viewer: Viewer, now: datetime) -> list[StepRow]:
    """Forward steps, then those that undo; a reason opens the box of its step."""
    last = {line.step: line for line in detail.log if line.level in {"ok", "info"}}
    return [_row(detail.job, step, last.get(step.name), viewer, now) for step in detail.steps]


def log_rows(detail: JobDetail) -> list[LogRow]:
    """The log in the active language."""
    titles = {
        step.name: step_title(detail.job.kind, step.name, undoing=step.undoing)
        for step in detail.steps
    }
    return [
        LogRow(line.at, titles.get(line.step, line.step), line.level, log_text(line))
        for line in detail.log
    ]


def log_text(line: JobLog) -> str:
    """A line in the active language with its values; without them where they don't fit."""
    text = _(line.text)
    try:
        return text % values_joined(line.params) if line.params else text
    except (KeyError, TypeError, ValueError):
        return text


def _row(job: JobRun, step: JobStep, line: JobLog | None, viewer: Viewer, now: datetime) -> StepRow:
    title = step_title(job.kind, step.name, undoing=step.undoing)
    reason = reason_shown(step.reason, viewer=viewer)
    ended = step.ended_at or (now if step.state in {StepState.RUNNING, StepState.WAITING} else None)
    took = ended - step.began_at if ended and step.began_at else None
    return StepRow(
        state=_state(job, step),
        title=_("Undo: %(title)s") % {"title": title} if step.undoing else title,
        result=_result(job, step, line, reason),
        began=step.began_at,
        took=took_text(took.total_seconds()) if took is not None else "",
        box=_box(step, reason, now),
    )


def took_text(seconds: float) -> str:
    """Tenths below ten seconds, then the two largest units."""
    if seconds < 10:
        return _("%(seconds)s s") % {"seconds": f"{max(0.0, seconds):.1f}"}
    return age_text(seconds)


def _state(job: JobRun, step: JobStep) -> str:
    if step.undoing and step.state == StepState.DONE:
        return "undone"
    if step.state in {StepState.RUNNING, StepState.WAITING} and job.is_final:
        return "failed"
    return ROW_STATES.get(step.state, "next")


def _result(job: JobRun, step: JobStep, line: JobLog | None, reason: Reason | None) -> str:
    if step.state == StepState.SKIPPED:
        return reason.sentence() if reason else _("not needed")
    if reason is not None:
        return reason.sentence()
    said = result_words(job.kind, step.name, step.outcome)
    if said or step.state == StepState.PENDING:
        return said
    return log_text(line) if line is not None else ""


def _box(step: JobStep, reason: Reason | None, now: datetime) -> str:
    """The sunken box: how far, which items, and the refusal where there is one."""
    progress = step.progress or {}
    refusal = reason.refusal if reason else None
    if step.state not in {StepState.RUNNING, StepState.WAITING, StepState.FAILED}:
        return ""
    if not progress.get("total") and refusal is None:
        return ""
    done, total = int(progress.get("done", 0)), int(progress.get("total", 0))
    context = {
        "done": done,
        "total": total,
        "segments": segments(done=done, total=total) if total else None,
        "items": [_item(item, now) for item in progress.get("items", ())],
        "refusal": refusal,
        "attempts": step.attempts,
    }
    return render_to_string("jobs/_box.html", context)


def _item(item: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A pod or another piece of a fan-out: its own word for why it isn't there yet."""
    since = parse_datetime(str(item.get("since") or ""))
    phase, reason = str(item.get("phase", "")), str(item.get("reason", ""))
    ready = phase in {"Running", "Succeeded"} and not item.get("ending")
    word = reason or (_("ending") if item.get("ending") else phase) or _("not seen yet")
    return {
        "name": item.get("pod") or item.get("name", ""),
        "node": item.get("node", ""),
        "kind": "ok" if ready else "wait",
        "word": word,
        "age": age_text((now - since).total_seconds()) if since else "",
    }
