"""Telling people: rows in the caller's transaction, seen after its commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from portal.live import publish
from portal.models.notices import EmailState, Notice, NoticePreference
from portal.notices.kinds import NoticeKind, kind_find


@dataclass(frozen=True, slots=True)
class Ways:
    """How a person is told of one kind of notice."""

    bell: bool
    email: bool


def notify(
    *,
    kind: str,
    users: Iterable[int],
    tenant_key: str = "",
    params: Mapping[str, Any] | None = None,
    url: str = "",
) -> int:
    """Tell each user (by id) once, in the ways they chose; return how many are told.

    Belongs into the transaction of the change. `params` are the JSON-able values of the kind's
    sentences, `url` a path of this portal. The caller names only users who may see the tenant.
    Raises LookupError for an unknown kind, ValueError for an address outside of this portal.
    """
    known = kind_find(kind)
    if known is None:
        msg = f"notice kind {kind!r} is not registered"
        raise LookupError(msg)
    if url and (not url.startswith("/") or url.startswith("//")):
        msg = f"{url!r} is no path of this portal"
        raise ValueError(msg)
    chosen = ways_chosen(kind=known, users=sorted(set(users)))
    now = timezone.now()
    notices = [
        Notice(
            user_id=user_id,
            tenant_key=tenant_key,
            kind=kind,
            params=dict(params or {}),
            url=url,
            in_bell=ways.bell,
            email_state=EmailState.QUEUED if ways.email else EmailState.NONE,
            email_due_at=now if ways.email else None,
        )
        for user_id, ways in chosen.items()
        if ways.bell or ways.email
    ]
    Notice.objects.bulk_create(notices)
    for notice in notices:
        publish(f"user:{notice.user_id}", "notice")
    return len(notices)


def told_since(*, kind: str, since: datetime, **params: str) -> int:
    """Of how many things people were told in a kind since a time, counted by their addresses.

    `params` narrow it to notices that have these values. Asks in the scope that is open.
    """
    rows = Notice.objects.filter(kind=kind, created_at__gt=since, params__contains=params)
    return rows.order_by().values("url").distinct().count()


def unread_urls(*, kind: str) -> set[str]:
    """What the unread notices of a kind lead to. Asks in the scope that is open."""
    rows = Notice.objects.filter(kind=kind, read_at=None)
    return set(rows.order_by().values_list("url", flat=True).distinct())


def notices_settle(*, kind: str, urls: Iterable[str], now: datetime) -> int:
    """Mark as read, for everybody, what needs nobody any more; return how many it were.

    In Berth's own scope, and inside the caller's transaction.
    """
    found = Notice.objects.filter(kind=kind, url__in=list(urls), read_at=None)
    users = set(found.order_by().values_list("user_id", flat=True))
    settled = found.update(read_at=now)
    for user_id in sorted(users):
        publish(f"user:{user_id}", "notices-read")
    return settled


def ways_chosen(*, kind: NoticeKind, users: Iterable[int]) -> dict[int, Ways]:
    """For each user the ways of this kind: chosen, or the kind's own."""
    wanted = list(users)
    rows = NoticePreference.objects.filter(user_id__in=wanted, kind=kind.code)
    chosen = {row.user_id: Ways(row.bell, row.email) for row in rows}
    return {user: chosen.get(user, Ways(kind.bell, kind.email)) for user in wanted}
