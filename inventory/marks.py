"""Numbers that rooms above know about a cluster, such as open drift: shown in lists by address.

A room registers a mark from its `ready`; the inventory asks for all clusters of a page at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.viewer import Viewer

Counts = Callable[["Viewer", Sequence[int]], dict[int, int]]


@dataclass(frozen=True, slots=True)
class ClusterMark:
    """One column: `counts(viewer, cluster ids)` gives numbers by id, in one query."""

    name: str
    title: StrOrPromise
    counts: Counts


_marks: dict[str, ClusterMark] = {}


def cluster_mark_register(mark: ClusterMark) -> None:
    """Add a number to the list of clusters; registering a name again replaces it."""
    _marks[mark.name] = mark


def cluster_marks() -> list[ClusterMark]:
    """What was registered, in that order."""
    return list(_marks.values())
