"""Who owns which fields of an object: managedFields after a write, and server-side apply."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.api import fieldset
from simulator.api.errors import StatusError
from simulator.api.fieldset import FieldSet
from simulator.api.typed import merge, prune
from simulator.objects import Object, clone, now_text
from simulator.schema.types import Type

MAX_CAUSES = 100
# Who owns what stood there before anybody applied anything.
BEFORE = "before-first-apply"


@dataclass(frozen=True)
class Manager:
    """One entry's identity."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""

    def words(self) -> str:
        """As a conflict names it; appliers are named without their version."""
        if self.operation == "Apply":
            return f'"{self.name}"'
        part = f' with subresource "{self.subresource}"' if self.subresource else ""
        return f'"{self.name}"{part} using {self.api_version}'


@dataclass
class Managers:
    """All entries of one object."""

    sets: dict[Manager, FieldSet] = field(default_factory=dict)
    times: dict[Manager, str] = field(default_factory=dict)

    @classmethod
    def of(cls, obj: Object | None) -> Managers:
        """Read them from an object."""
        found = cls()
        for entry in ((obj or {}).get("metadata") or {}).get("managedFields") or ():
            manager = Manager(
                entry.get("manager", ""),
                entry.get("operation", ""),
                entry.get("apiVersion", ""),
                entry.get("subresource", ""),
            )
            found.sets[manager] = clone(entry.get("fieldsV1") or {})
            found.times[manager] = entry.get("time", "")
        return found

    def entries(self) -> list[Object]:
        """As an object carries them."""
        out = []
        for manager, owned in self.sets.items():
            if not owned:
                continue
            entry: Object = {
                "manager": manager.name,
                "operation": manager.operation,
                "apiVersion": manager.api_version,
            }
            if self.times.get(manager):
                entry["time"] = self.times[manager]
            entry |= {"fieldsType": "FieldsV1", "fieldsV1": owned}
            if manager.subresource:
                entry["subresource"] = manager.subresource
            out.append(entry)
        return sorted(
            out, key=lambda e: (e["operation"], e.get("time", ""), e["manager"], e["apiVersion"])
        )

    def set(self, manager: Manager, owned: FieldSet) -> None:
        """Give a manager its fields; the time changes only with them."""
        if self.sets.get(manager) != owned:
            self.times[manager] = now_text()
        self.sets[manager] = owned

    def lose(self, old: Any, new: Any, kind: Type, keeper: Manager | None) -> None:
        """Everybody but `keeper` loses what has changed or is gone."""
        for manager, owned in list(self.sets.items()):
            if manager != keeper:
                paths = list(fieldset.owned_changes(old, new, kind, owned))
                if paths:
                    self.sets[manager] = fieldset.without_paths(owned, paths)


def plain(obj: Object) -> Object:
    """An object without what no manager can own."""
    meta = {k: v for k, v in (obj.get("metadata") or {}).items() if k != "managedFields"}
    return obj | {"metadata": meta}


def updated(old: Object | None, new: Object, kind: Type, manager: Manager) -> list[Object]:
    """managedFields after a create, update or patch by a manager."""
    managers = Managers.of(old)
    if old is not None and not managers.sets:
        return []  # nobody has applied it and its creation left no trace: it stays untracked
    before, after = plain(old or {}), plain(new)
    changed = fieldset.strip_unowned(fieldset.changed_set(before, after, kind))
    if manager.subresource == "status":
        kept = ("f:metadata", "f:status")
        changed = {name: inner for name, inner in changed.items() if name in kept}
    else:
        changed.pop("f:status", None)
    managers.lose(before, after, kind, keeper=manager)
    mine = managers.sets.get(manager, {})
    gone = [
        p for p in fieldset.owned_changes(before, after, kind, mine) if _is_gone(p, after, kind)
    ]
    mine = fieldset.union(fieldset.without_paths(mine, gone), changed)
    if changed or mine != managers.sets.get(manager, {}):
        managers.set(manager, mine)
    return managers.entries()


def _is_gone(path: tuple[str, ...], obj: Any, kind: Type) -> bool:
    """Tell whether a path leads nowhere any more."""
    value, current = obj, kind
    for part in path:
        if part == ".":
            return value is None
        found = (fieldset.children(value, current) or {}).get(part)
        if found is None:
            return True
        value, current = found
    return False


def applied(
    live: Object | None, wanted: Object, kind: Type, manager: Manager, *, force: bool
) -> Object:
    """The object after a server-side apply, with its managers; raises StatusError 409."""
    managers = Managers.of(live)
    if live is not None and not managers.sets:
        everything = fieldset.strip_unowned(fieldset.changed_set({}, plain(live), kind))
        everything.pop("f:status", None)
        managers.set(Manager(BEFORE, "Update", manager.api_version), everything)
    claimed = fieldset.strip_unowned(fieldset.applied_set(plain(wanted), kind))
    before = plain(live or {})
    after: Object = merge(before, plain(wanted), kind)
    conflicts = _conflicts(managers, before, after, kind, manager, claimed)
    if conflicts and not force:
        raise _refusal(conflicts)
    mine = managers.sets.get(manager, {})
    managers.set(manager, claimed)
    dropped = fieldset.minus(mine, claimed)
    for other, owned in managers.sets.items():
        if other != manager:
            dropped = fieldset.minus(dropped, owned)
    if dropped:
        after = prune(after, dropped, claimed, kind)
    managers.lose(before, after, kind, keeper=manager)
    after["metadata"] = (after.get("metadata") or {}) | {"managedFields": managers.entries()}
    if not after["metadata"]["managedFields"]:
        del after["metadata"]["managedFields"]
    return after


def _conflicts(
    managers: Managers,
    before: Object,
    after: Object,
    kind: Type,
    manager: Manager,
    claimed: FieldSet,
) -> list[tuple[Manager, str]]:
    found = []
    for other, owned in managers.sets.items():
        if other == manager:
            continue
        for path in fieldset.owned_changes(before, after, kind, owned):
            if path[-1] != "." and _has(claimed, path):
                found.append((other, fieldset.path_text(path)))
    return sorted(found, key=lambda item: (item[0].words(), item[1]))


def _has(owned: FieldSet, path: tuple[str, ...]) -> bool:
    node = owned
    for part in path:
        if part not in node:
            return False
        node = node[part]
    return True


def _refusal(conflicts: list[tuple[Manager, str]]) -> StatusError:
    count = len(conflicts)
    head = f"Apply failed with {count} conflict{'s' if count > 1 else ''}: "
    if count == 1:
        who, path = conflicts[0]
        text = f"conflict with {who.words()}: {path}"
    else:
        parts = []
        for who in sorted({who for who, _path in conflicts}, key=lambda m: m.words()):
            paths = [path for other, path in conflicts if other == who]
            lines = "".join(f"\n- {path}" for path in paths)
            parts.append(f"conflicts with {who.words()}:{lines}")
        text = "\n".join(parts)
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {who.words()}",
            "field": path,
        }
        for who, path in conflicts[:MAX_CAUSES]
    ]
    return StatusError(409, "Conflict", head + text, details={"causes": causes})
