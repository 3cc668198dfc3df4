"""Entries of the audit log as a page shows them: what changed, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.act_objects import ObjectRef, object_refs
from portal.acts import act_title, actor_title, object_title, way_title
from portal.audit_pages.links import Link, links_verify
from portal.models import AuditEntry
from portal.viewer import Viewer

MAX_CHARS = 2000
UNSEALED = Link(None, "", "pending")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after; None where it did not exist."""

    name: str
    before: str | None
    after: str | None

    @property
    def changed(self) -> bool:
        """Tell whether it differs."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of the log."""

    entry: AuditEntry
    link: Link
    ref: ObjectRef
    changes: list[FieldChange]

    @property
    def title(self) -> str:
        """What was done, in words."""
        return act_title(self.entry.verb)

    @property
    def object(self) -> str:
        """The kind of what was acted on, in words."""
        return object_title(self.entry.target_type)

    @property
    def who(self) -> str:
        """Who did it."""
        return actor_title(self.entry.actor_label, self.entry.actor_kind, self.entry.verb)

    @property
    def way(self) -> str:
        """By way of what; empty for a person in the browser."""
        return way_title(self.entry.actor_kind, self.entry.verb)

    @property
    def changed_count(self) -> int:
        """How many fields differ."""
        return sum(change.changed for change in self.changes)


def entry_rows(entries: Iterable[AuditEntry], *, viewer: Viewer, now: datetime) -> list[EntryRow]:
    """Rows with their links recomputed; one query, and one for each kind of object with a name."""
    found = list(entries)
    refs = object_refs(found, viewer=viewer, now=now)
    links = links_verify([entry.pk for entry in found])
    return [
        EntryRow(
            entry,
            links.get(entry.pk, UNSEALED),
            refs.get(entry.pk) or ObjectRef(entry.target_id),
            field_changes(entry.before, entry.after),
        )
        for entry in found
    ]


def field_changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[FieldChange]:
    """Fields of both sides, the changed ones first."""
    old, new = before or {}, after or {}
    names = [*old, *(name for name in new if name not in old)]
    found = [
        FieldChange(
            name,
            _text(old[name]) if name in old else None,
            _text(new[name]) if name in new else None,
        )
        for name in names
    ]
    return sorted(found, key=lambda change: not change.changed)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_CHARS else text[:MAX_CHARS] + "…"
