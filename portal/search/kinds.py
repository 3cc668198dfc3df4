"""What can be found: each room registers its kinds, each viewer finds what they may open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from portal.viewer import VisibleQuerySet

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Row:
    """What the query gives of one object: texts of the kind's columns."""

    key: str
    label: str
    note: str
    state: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found, as a link."""

    label: str
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class SearchKind:
    """A kind of thing that can be found.

    `rows` gives those that the viewer may open, None where it is none of them at all; `fields` are
    looked through, the first being the name. `columns` name what becomes key, label and note of a
    Row, "" for nothing. `ref` is what stands before the number in references ("A-"), for kinds
    that have one: then the key has to be the primary key. `state` names the column of a state
    that a hit tells.
    """

    name: str
    title: StrOrPromise
    icon: str
    order: int
    rows: Callable[[Viewer], QuerySet[Any] | None]
    fields: tuple[str, ...]
    columns: tuple[str, str, str]
    hit: Callable[[Viewer, Row], Hit]
    ref: str = ""
    state: str = ""


KINDS: dict[str, SearchKind] = {}


def search_register(*kinds: SearchKind) -> None:
    """Add kinds; called from an app's ready()."""
    KINDS.update({kind.name: kind for kind in kinds})


def kinds_all() -> list[SearchKind]:
    """Every kind in its order."""
    return sorted(KINDS.values(), key=lambda kind: kind.order)


def rows_with(
    rows: VisibleQuerySet, viewer: Viewer, verb: str, *, field: str = "tenant_key"
) -> QuerySet[Any]:
    """Rows of the tenants that the viewer sees and in which they have the verb."""
    seen = rows.visible_to(viewer)
    if viewer.can(verb):
        return seen
    keys = [key for key, verbs in viewer.tenant_verbs.items() if verb in verbs]
    return seen.filter(**{f"{field}__in": keys})
