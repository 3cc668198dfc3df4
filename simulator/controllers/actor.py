"""How the server's own parts change things: by the same rules as everybody, under their names."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.api import delete, write
from simulator.api.delete import Deletion
from simulator.api.errors import StatusError
from simulator.api.write import Options
from simulator.auth.identity import User, account_user
from simulator.kinds.registry import Kind, kind_named
from simulator.objects import Object, clone, now_text

if TYPE_CHECKING:
    from simulator.core import Core

MANAGER = "kube-controller-manager"
KEPT_EVENTS = 5_000


def controller_user(name: str) -> User:
    """The account of one controller."""
    return account_user("kube-system", name)


class Actor:
    """Writes as one user."""

    def __init__(self, core: Core, user: User, manager: str = MANAGER) -> None:
        self._core = core
        self._user = user
        self._manager = manager
        self._events: dict[tuple[str, ...], str] = {}

    def _options(self, part: str = "") -> Options:
        return Options(self._user, self._manager, part=part)

    def create(self, kind: str, namespace: str, obj: Object) -> Object:
        """Create an object; raises StatusError."""
        found = kind_named(kind)
        obj.setdefault("metadata", {})
        options = self._options()
        return write.create(self._core, found, namespace, obj, options)

    def change(
        self,
        kind: str,
        namespace: str,
        name: str,
        make: Callable[[Object], Object],
        part: str = "",
    ) -> Object | None:
        """Change an object that may be gone; raises StatusError for other refusals."""
        try:
            return write.change(
                self._core, kind_named(kind), namespace, name, make, self._options(part)
            )
        except StatusError as refusal:
            if refusal.code == 404:
                return None
            raise

    def set_status(self, kind: str, obj: Object, status: Object) -> None:
        """Write a status where it differs."""
        if obj.get("status") == status:
            return
        meta = obj["metadata"]

        def make(old: Object) -> Object:
            return old | {"status": clone(status)}

        self.change(kind, meta.get("namespace", ""), meta["name"], make, "status")

    def delete(
        self, kind: str, obj: Object, *, grace: int | None = None, propagation: str = "Background"
    ) -> None:
        """Delete this very object; raises StatusError where that is refused."""
        meta = obj["metadata"]
        deletion = Deletion(meta["uid"], "", grace, propagation)
        try:
            delete.delete(
                self._core, kind_named(kind), meta.get("namespace", ""), meta["name"], deletion,
                self._options(),
            )  # fmt: skip
        except StatusError as refusal:
            if refusal.code not in (404, 409):
                raise

    def event(
        self, about: Object, kind: Kind, type_: str, reason: str, message: str, component: str
    ) -> None:
        """Note something about an object; the same again counts up."""
        meta = about["metadata"]
        space = meta.get("namespace") or "default"
        key = (meta["uid"], type_, reason, message)
        known = self._events.get(key)
        if known and self._count_up(space, known):
            return
        moment = now_text()
        name = f"{meta['name']}.{secrets.token_hex(8)}"
        involved = {
            "kind": kind.name,
            "name": meta["name"],
            "uid": meta["uid"],
            "apiVersion": kind.api_version,
            "resourceVersion": meta["resourceVersion"],
        }
        if meta.get("namespace"):
            involved["namespace"] = space
        obj: Object = {
            "metadata": {"name": name},
            "involvedObject": involved,
            "reason": reason,
            "message": message,
            "source": {"component": component},
            "firstTimestamp": moment,
            "lastTimestamp": moment,
            "count": 1,
            "type": type_,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": "",
        }
        try:
            self.create("Event", space, obj)
        except StatusError:
            return  # a namespace that goes takes no events any more
        self._events[key] = name
        if len(self._events) > KEPT_EVENTS:
            self._events.pop(next(iter(self._events)))

    def _count_up(self, namespace: str, name: str) -> bool:
        found = self._core.store.get("events", namespace, name)
        if found is None:
            return False
        obj = clone(found.obj)
        obj["count"] += 1
        obj["lastTimestamp"] = now_text()
        self._core.store.write("events", obj)
        return True
