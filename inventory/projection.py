"""What changed in the mirror, and who else must hear of it in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from inventory.models.fact import Fact

F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Change(Generic[F]):
    """One row before and after; one of them is None when it came or went."""

    before: F | None
    after: F | None

    @property
    def row(self) -> F:
        """The row as it is, or as it last was."""
        row = self.after or self.before
        if row is None:
            msg = "a change has a row"
            raise ValueError(msg)
        return row


@dataclass(frozen=True, slots=True)
class Changes(Generic[F]):
    """What one batch changed. `kind` is a FactKind value; `full` says that it was a whole list."""

    cluster_id: int
    kind: str
    now: datetime
    full: bool
    items: list[Change[F]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.items)

    def __iter__(self) -> Iterator[Change[F]]:
        return iter(self.items)


Projector = Callable[[Changes[Fact]], None]
StateProjector = Callable[[int, str, str], None]

_projectors: dict[str, list[Projector]] = {}
_state_projectors: list[StateProjector] = []


def register(kind: str, projector: Projector) -> None:
    """Have `projector` called with the changes of a kind, inside their transaction.

    Called from an app's `ready`. The projector runs in Berth's own scope, must not call a
    cluster, and undoes the batch by raising.
    """
    found = _projectors.setdefault(kind, [])
    if projector not in found:
        found.append(projector)


def register_cluster_state(projector: StateProjector) -> None:
    """Have `projector(cluster_id, before, after)` called when a cluster's state changes."""
    if projector not in _state_projectors:
        _state_projectors.append(projector)


def run(changes: Changes[Fact]) -> None:
    """Tell everyone who registered for this kind; nothing happens for an empty batch."""
    if changes:
        for projector in _projectors.get(changes.kind, ()):
            projector(changes)


def run_cluster_state(cluster_id: int, before: str, after: str) -> None:
    """Tell everyone who asked for changes of cluster states."""
    for projector in _state_projectors:
        projector(cluster_id, before, after)
