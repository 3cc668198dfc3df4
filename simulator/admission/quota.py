"""Plugin ResourceQuota: charges a write before it is kept, and refuses what is too much."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from simulator.admission.attempt import Attempt
from simulator.api import errors
from simulator.api.managed import Manager, updated
from simulator.kinds.registry import kind_named
from simulator.kinds.usage import Usage, add, read, text_of, unnamed, usage_of
from simulator.objects import Object, clone
from simulator.store.store import Stored

if TYPE_CHECKING:
    from simulator.core import Core

CHARGER = Manager("kube-apiserver", "Update", "v1", "status")


def charge(core: Core, attempt: Attempt) -> Callable[[], None]:
    """Charge every quota of the namespace; raises StatusError. Returns how to take it back."""
    if attempt.obj is None or not attempt.kind.namespaced or attempt.object_kind:
        return _nothing
    if attempt.part not in ("", "resize") or (attempt.operation == "UPDATE" and not attempt.part):
        return _nothing
    quotas = core.store.ordered("resourcequotas", attempt.namespace)
    if not quotas:
        return _nothing
    delta = _delta(attempt)
    charged: list[tuple[Stored, Usage]] = []
    for quota in quotas:
        counted = _check(attempt, quota, delta)
        if counted:
            charged.append((quota, counted))
    if attempt.dry_run:
        return _nothing
    for quota, counted in charged:
        _write(core, quota, counted)
    return lambda: _undo(core, charged)


def _nothing() -> None:
    pass


def _delta(attempt: Attempt) -> Usage:
    new = usage_of(attempt.kind, attempt.obj or {})
    if attempt.operation == "CREATE" or attempt.old is None:
        return new
    old = usage_of(attempt.kind, attempt.old)
    out: Usage = {}
    for key, (value, form) in new.items():
        before = old.get(key, (Decimal(0), ""))[0]
        if value != before:
            out[key] = (value - before, form)
    for key, (value, form) in old.items():
        if key not in new:
            out[key] = (-value, form)
    return out


def _check(attempt: Attempt, quota: Stored, delta: Usage) -> Usage:
    """What is charged to one quota; raises StatusError where it is too much."""
    status = quota.obj.get("status") or {}
    hard = read(status.get("hard") or {})
    if attempt.kind.name == "Pod" and attempt.obj is not None:
        missing = unnamed(attempt.obj, set(hard))
        if missing and attempt.operation == "CREATE":
            why = f"failed quota: {quota.name}: must specify {'; '.join(missing)}"
            raise errors.forbidden(attempt.kind, attempt.name, why)
    counted = {key: amount for key, amount in delta.items() if key in hard and amount[0]}
    used = read(status.get("used") or {})
    after = add(used, counted)
    over = sorted(key for key in counted if counted[key][0] > 0 and after[key][0] > hard[key][0])
    if over:
        shown = [
            ",".join(f"{key}={text_of(amounts, key)}" for key in over)
            for amounts in (counted, used, hard)
        ]
        why = (
            f"exceeded quota: {quota.name}, requested: {shown[0]}, used: {shown[1]}, limited:"
            f" {shown[2]}"
        )
        raise errors.forbidden(attempt.kind, attempt.name, why)
    return counted


def _write(core: Core, quota: Stored, counted: Usage) -> None:
    found = core.store.get("resourcequotas", quota.namespace, quota.name)
    if found is None:
        return
    obj = clone(found.obj)
    used = add(read(obj["status"].get("used") or {}), counted)
    obj["status"]["used"] = {key: text_of(used, key) for key in sorted(used)}
    _keep(core, found.obj, obj)


def _keep(core: Core, old: Object, new: Object) -> None:
    kind = kind_named("ResourceQuota")
    new["metadata"]["managedFields"] = updated(old, new, kind.type, CHARGER)
    core.store.write(kind.key, new)


def _undo(core: Core, charged: list[tuple[Stored, Usage]]) -> None:
    for quota, counted in charged:
        _write(core, quota, {key: (-value, form) for key, (value, form) in counted.items()})
