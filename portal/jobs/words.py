"""What other rooms tell the chassis about their jobs: objects, and results in words.

The chassis shows every job but knows no domain: an app registers, from its `ready`, where a job's
object is, where a person mends what it is parked for, and how a step's result reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portal.jobs.outcome import Reason, reason_load
from portal.jobs.registry import kind_get
from portal.models.jobs import JobState
from portal.refusal import refusal_shown

if TYPE_CHECKING:
    from portal.models.jobs import JobRun
    from portal.viewer import Viewer


@dataclass(frozen=True, slots=True)
class JobObject:
    """What a job works on, as a link."""

    label: str
    url: str


ObjectOf = Callable[["JobRun"], JobObject | None]
RemedyOf = Callable[["JobRun", "Viewer"], JobObject | None]
ResultOf = Callable[[Mapping[str, Any]], str]

_objects: dict[str, ObjectOf] = {}
_remedies: dict[tuple[str, str], RemedyOf] = {}
_results: dict[tuple[str, str], ResultOf] = {}


def objects_register(prefix: str, object_of: ObjectOf) -> None:
    """Say what jobs with the key "prefix:..." work on; without a query."""
    _objects[prefix] = object_of


def remedy_register(prefix: str, code: str, remedy_of: RemedyOf) -> None:
    """Say where a person mends the reason `code` of parked jobs with the key "prefix:..."."""
    _remedies[prefix, code] = remedy_of


def result_register(kind: str, step: str, result_of: ResultOf) -> None:
    """Say how the outcome of a finished step reads, in the active language."""
    _results[kind, step] = result_of


def job_object(job: JobRun) -> JobObject | None:
    """What the job works on; None where nobody said."""
    object_of = _objects.get(job.key.partition(":")[0])
    return object_of(job) if object_of else None


def job_remedy(job: JobRun, *, viewer: Viewer) -> JobObject | None:
    """Where this viewer may mend what the job is parked for; None where nobody said."""
    if job.state != JobState.PARKED or job.reason is None:
        return None
    remedy_of = _remedies.get((job.key.partition(":")[0], job.reason["code"]))
    return remedy_of(job, viewer) if remedy_of else None


def kind_title(kind: str) -> str:
    """The kind in words; its code where this version doesn't know it."""
    known = kind_get(kind)
    return str(known.title) if known else kind


def step_title(kind: str, name: str, *, undoing: bool) -> str:
    """A step's title; its code where this version doesn't know it."""
    known = kind_get(kind)
    steps = known.steps_for(undoing=undoing) if known else ()
    return next((str(step.title) for step in steps if step.name == name), name)


def result_words(kind: str, step: str, outcome: Mapping[str, Any]) -> str:
    """A finished step's outcome in words; empty where nobody says it."""
    result_of = _results.get((kind, step))
    return result_of(outcome) if result_of and outcome else ""


def reason_shown(data: dict[str, Any] | None, *, viewer: Viewer) -> Reason | None:
    """A recorded reason as this viewer may read it, in the active language."""
    reason = reason_load(data)
    if reason is None or reason.refusal is None:
        return reason
    masked = refusal_shown(reason.refusal, viewer=viewer)
    # The sentence is said anew: it was kept in English by Berth, which sees every scope.
    why = masked.sentence() if masked == reason.refusal else masked.title
    params = {name: why if name == "why" else value for name, value in reason.params.items()}
    return Reason(reason.code, reason.text, params, masked.said())
