"""A person's notices: reading them, marking them read, choosing how to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal.errors import Denied, Invalid
from portal.live import publish
from portal.models.notices import Notice, NoticePreference
from portal.notices.kinds import kind_find, kinds_all, sentence
from portal.notices.notify import Ways
from portal.viewer import Viewer

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice in the words of the active language."""

    id: int
    title: str
    text: str
    url: str
    tenant_key: str
    kind: str
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Choice:
    """How the person is told of one kind."""

    kind: str
    label: StrOrPromise
    ways: Ways


def notices_of(viewer: Viewer) -> QuerySet[Notice]:
    """What the person's bell holds, newest first; nothing for a token."""
    rows: QuerySet[Notice] = Notice.objects.filter(in_bell=True)
    if viewer.kind != "user" or viewer.user_id is None:
        return rows.none()
    return rows.filter(user_id=viewer.user_id)


def notices_unread(viewer: Viewer) -> QuerySet[Notice]:
    """The notices that the person has not read; the bell shows how many."""
    return notices_of(viewer).filter(read_at=None)


def notice_view(notice: Notice) -> NoticeView:
    """Put a notice into words; a kind of another version shows its code."""
    kind = kind_find(notice.kind)
    return NoticeView(
        id=notice.pk,
        title=sentence(kind.title, notice.params) if kind else notice.kind,
        text=sentence(kind.text, notice.params) if kind and kind.text else "",
        url=notice.url,
        tenant_key=notice.tenant_key,
        kind=notice.kind,
        created_at=notice.created_at,
        read_at=notice.read_at,
    )


def notice_read(*, viewer: Viewer, notice_id: int, now: datetime) -> bool:
    """Mark one of the person's notices read; False when there is none unread with this id."""
    return _mark(viewer, notices_of(viewer).filter(pk=notice_id), now) == 1


def notices_read_all(*, viewer: Viewer, now: datetime, up_to_id: int | None = None) -> int:
    """Mark all read, at most up to the newest one the person has seen; return how many."""
    rows = notices_of(viewer)
    return _mark(viewer, rows if up_to_id is None else rows.filter(pk__lte=up_to_id), now)


def choices_of(viewer: Viewer) -> list[Choice]:
    """Every kind that the person can be told of, with their choice."""
    rows = NoticePreference.objects.filter(user_id=_person(viewer))
    chosen = {row.kind: Ways(row.bell, row.email) for row in rows}
    return [
        Choice(kind.code, kind.label, chosen.get(kind.code, Ways(kind.bell, kind.email)))
        for kind in kinds_all()
        if not kind.verb or viewer.can(kind.verb)
    ]


def choices_set(*, viewer: Viewer, ways: Mapping[str, Ways]) -> None:
    """Keep the person's choices; raise Invalid for a kind that doesn't exist."""
    unknown = sorted(code for code in ways if kind_find(code) is None)
    if unknown:
        raise Invalid(fields={code: [_("There is no such kind of notice.")] for code in unknown})
    person = _person(viewer)
    NoticePreference.objects.bulk_create(
        [
            NoticePreference(user_id=person, kind=code, bell=way.bell, email=way.email)
            for code, way in ways.items()
        ],
        update_conflicts=True,
        unique_fields=["user_id", "kind"],
        update_fields=["bell", "email"],
    )


def _person(viewer: Viewer) -> int:
    if viewer.kind != "user" or viewer.user_id is None:
        raise Denied(_("This belongs to a person; sign in instead of using a token."))
    return viewer.user_id


def _mark(viewer: Viewer, rows: QuerySet[Notice], now: datetime) -> int:
    marked = rows.filter(read_at=None).update(read_at=now)
    if marked:
        publish(f"user:{viewer.user_id}", "notices-read")
    return marked


def notice_views(notices: Sequence[Notice]) -> list[NoticeView]:
    """Several in words."""
    return [notice_view(notice) for notice in notices]
