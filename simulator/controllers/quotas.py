"""ResourceQuotas: what is used is counted anew whenever it may have changed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.controllers.actor import Actor, controller_user
from simulator.controllers.loop import Loop
from simulator.kinds.registry import Kind, kinds
from simulator.kinds.usage import Usage, add, text_of, usage_of
from simulator.objects import Object
from simulator.store.store import Event

if TYPE_CHECKING:
    from simulator.core import Core

ENDED = ("Succeeded", "Failed")
EVERY_SECONDS = 300.0


class Quotas(Loop):
    """Keeps the status of every quota."""

    name = "resourcequota-controller"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, controller_user("resourcequota-controller"))

    def begin(self) -> None:
        """Listen to quotas, and to what goes; look at all of them now and then."""
        self.listen("resourcequotas", lambda event: event.stored.namespace)
        self.core.store.listen("", self._hear)
        self.later("", EVERY_SECONDS)

    def _hear(self, event: Event) -> None:
        """Deletions and pods that end give something back; the rest was charged at admission."""
        gives = event.type == "DELETED" or (event.stored.kind == "pods" and _has_ended(event))
        if gives and event.stored.namespace:
            self.add(event.stored.namespace)

    def sync(self, key: Any) -> None:
        """Count one namespace, or see to it that all are counted."""
        namespace = str(key)
        if not namespace:
            for stored in self.core.store.each("resourcequotas"):
                self.add(stored.namespace)
            self.later("", EVERY_SECONDS)
            return
        for stored in self.core.store.ordered("resourcequotas", namespace):
            hard = (stored.obj.get("spec") or {}).get("hard") or {}
            status: Object = {}
            if hard:
                status = {"hard": dict(hard), "used": self._used(namespace, set(hard))}
            self._actor.set_status("ResourceQuota", stored.obj, status)

    def _used(self, namespace: str, keys: set[str]) -> dict[str, str]:
        total: Usage = {key: (Decimal(0), "") for key in keys}
        for kind in kinds().values():
            if not kind.namespaced or not _matters(kind, keys):
                continue
            for stored in self.core.store.each(kind.key, namespace):
                usage = usage_of(kind, stored.obj)
                total = add(total, {k: v for k, v in usage.items() if k in keys})
        return {key: text_of(total, key) for key in sorted(total)}


def _matters(kind: Kind, keys: set[str]) -> bool:
    if kind.name == "Pod":
        return True
    return f"count/{kind.qualified}" in keys or kind.resource in keys


def _has_ended(event: Event) -> bool:
    if event.previous is None:
        return False
    before = (event.previous.obj.get("status") or {}).get("phase")
    after = (event.stored.obj.get("status") or {}).get("phase")
    return after in ENDED and before not in ENDED
