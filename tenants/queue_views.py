"""The views of the operators' queue: which open requests each of them shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenants.choices_requests import RequestState

SOON = timedelta(days=1)
VIEWS = ("", "mine", "soon", "offers")


def view_query(view: str) -> str:
    """What keeps a view in an address; empty for all that waits."""
    return f"?view={view}" if view in VIEWS[1:] else ""


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """What of an open request its place in the queue and the views depend on."""

    id: int
    state: str
    claimed_by_id: int | None
    deadline_at: datetime | None


def entries_of(
    entries: Sequence[QueueEntry], *, view: str, user_id: int | None, now: datetime
) -> list[QueueEntry]:
    """The entries of a view, in their order; an unknown view shows all."""
    if view == "mine":
        return [entry for entry in entries if user_id and entry.claimed_by_id == user_id]
    if view == "soon":
        return [entry for entry in entries if is_soon(entry.deadline_at, now)]
    if view == "offers":
        return [entry for entry in entries if entry.state == RequestState.COUNTERED]
    return list(entries)


def is_soon(deadline_at: datetime | None, now: datetime) -> bool:
    """Tell whether a request runs out within a day."""
    return deadline_at is not None and deadline_at - now < SOON
