"""The kinds of job that this installation knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.jobs.context import StepContext
    from portal.jobs.outcome import Outcome

Queue = Literal["place", "apply", "sync", "report"]


@dataclass(frozen=True, slots=True)
class Step:
    """A named, idempotent piece of work; a new meaning under an old name takes a new version."""

    name: str
    run: Callable[[StepContext], Outcome]
    title: StrOrPromise
    version: int = 1


@dataclass(frozen=True, slots=True)
class JobKind:
    """A sequence of steps, and the sequence that undoes them.

    A newer sequence, also of undoing, takes a new version: who knows an older one parks the job.
    `verb` is the right that the person who asked must still hold when the job is claimed;
    `cancellable` says whether a person may stop it (what was done is then undone); `instead` what
    to do where a finished one can't be tried again, empty where it can. `must_end` is for what
    can't be undone and may not be left half done: where it fails it waits for a person. `routine`
    is what the clock asks for all the time: those that went well are soon forgotten.
    """

    name: str
    title: StrOrPromise
    queue: Queue
    steps: tuple[Step, ...]
    undo_steps: tuple[Step, ...] = ()
    version: int = 1
    verb: str | None = None
    cancellable: bool = False
    instead: StrOrPromise = ""
    must_end: bool = False
    routine: bool = False

    def steps_for(self, *, undoing: bool) -> tuple[Step, ...]:
        """The steps of one direction."""
        return self.undo_steps if undoing else self.steps


_kinds: dict[str, JobKind] = {}


def register(kind: JobKind) -> None:
    """Make a kind known; called once per kind from an app's `ready`."""
    if kind.name in _kinds:
        msg = f"job kind {kind.name!r} is registered twice"
        raise ValueError(msg)
    _kinds[kind.name] = kind


def kind_get(name: str) -> JobKind | None:
    """The kind of this name, or None where this version of Berth does not know it."""
    return _kinds.get(name)


def queues() -> tuple[Queue, ...]:
    """The queues that known kinds use: somebody has to take jobs out of each."""
    return tuple(sorted({kind.queue for kind in _kinds.values()}))


def routine_kinds() -> list[str]:
    """Names of the kinds that the clock asks for all the time."""
    return sorted(name for name, kind in _kinds.items() if kind.routine)


def kinds() -> dict[str, JobKind]:
    """Every known kind by name."""
    return dict(_kinds)
