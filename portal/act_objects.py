"""What was acted on, as people name it, and where one may look at it: each room says its kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from portal.jobs.retention import is_forgotten
from portal.models import AuditEntry
from portal.viewer import Viewer

NamesOf = Callable[[Iterable[int]], Mapping[int, str]]


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """A kind of object, its page and the right to open that.

    `sign` stands before its number. What people know by a name says by `names` which names some
    numbers have (one query); its page is then addressed by the name.
    """

    url_name: str
    verb: str
    sign: str = ""
    of_tenant: bool = False
    names: NamesOf | None = None


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object as people name it; `url` is where this viewer may see it, else empty."""

    name: str = ""
    url: str = ""


_pages: dict[str, ObjectPage] = {}


def object_pages_register(pages: Mapping[str, ObjectPage]) -> None:
    """Say how kinds of objects are named and where they are seen; each once."""
    twice = sorted(pages.keys() & _pages.keys())
    if twice:
        msg = f"pages of objects {twice} are registered twice"
        raise ValueError(msg)
    _pages.update(pages)


def object_refs(
    entries: Iterable[AuditEntry], *, viewer: Viewer, now: datetime
) -> dict[int, ObjectRef]:
    """By entry; empty where nobody said how its object is named, or where it is gone."""
    found = [e for e in entries if e.target_type in _pages and e.target_id.isdecimal()]
    named: dict[str, Mapping[int, str]] = {}
    for kind in {entry.target_type for entry in found}:
        if names := _pages[kind].names:
            named[kind] = names({int(e.target_id) for e in found if e.target_type == kind})
    return {entry.pk: _ref(entry, named.get(entry.target_type), viewer, now) for entry in found}


def _ref(
    entry: AuditEntry, names: Mapping[int, str] | None, viewer: Viewer, now: datetime
) -> ObjectRef:
    page, number = _pages[entry.target_type], int(entry.target_id)
    name = f"{page.sign}{number}" if names is None else names.get(number, "")
    # A job so old that it may be forgotten is named and not linked.
    gone = entry.target_type == "job" and is_forgotten(entry.at, now)
    if not name or gone or not viewer.can(page.verb, entry.tenant_key):
        return ObjectRef(name)
    of_tenant = [entry.tenant_key] if page.of_tenant else []
    return ObjectRef(
        name, reverse(page.url_name, args=[*of_tenant, number if names is None else name])
    )
