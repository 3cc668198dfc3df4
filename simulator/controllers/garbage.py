"""Garbage: what its owners leave behind, and owners that wait for what they own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.api.delete import FOREGROUND, ORPHAN
from simulator.controllers.actor import Actor, controller_user
from simulator.controllers.loop import Loop
from simulator.kinds.registry import Kind, kinds
from simulator.objects import Object
from simulator.store.store import Event, Stored

if TYPE_CHECKING:
    from simulator.core import Core


class Garbage(Loop):
    """Follows owner references."""

    name = "generic-garbage-collector"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, controller_user("generic-garbage-collector"))
        self._kinds: dict[str, Kind] = {kind.key: kind for kind in kinds().values()}
        self._children: dict[str, dict[tuple[str, str, str], None]] = {}
        self._alive: dict[str, tuple[str, str, str]] = {}

    def begin(self) -> None:
        """Learn who is whose, and listen."""
        for key in self._kinds:
            for stored in self.core.store.each(key):
                self._learn(Event(stored.version, "ADDED", stored, None))
        self.core.store.listen("", self._learn)

    def _learn(self, event: Event) -> None:
        stored = event.stored
        place = (stored.kind, stored.namespace, stored.name)
        meta = stored.obj["metadata"]
        gone = event.type == "DELETED"
        for owner in meta.get("ownerReferences") or ():
            children = self._children.setdefault(owner["uid"], {})
            if gone:
                children.pop(place, None)
                self.add(("owner", owner["uid"]))
            else:
                children[place] = None
                if event.type == "ADDED":
                    self.add(("child", place))
        if gone:
            self._alive.pop(meta["uid"], None)
            self.add(("owner", meta["uid"]))
        else:
            self._alive[meta["uid"]] = place
            if meta.get("deletionTimestamp") and meta.get("finalizers"):
                self.add(("owner", meta["uid"]))

    def sync(self, key: Any) -> None:
        """Look at an owner, or at an object that has one."""
        what, which = key
        if what == "child":
            self._child(which)
            return
        place = self._alive.get(which)
        if place is None:
            for child in list(self._children.pop(which, {})):
                self._child(child)
            return
        stored = self.core.store.get(*place)
        if stored is not None and stored.obj["metadata"].get("deletionTimestamp"):
            self._owner(stored, which)

    def _child(self, place: tuple[str, str, str]) -> None:
        """Delete an object none of whose owners are there any more."""
        stored = self.core.store.get(*place)
        if stored is None or stored.obj["metadata"].get("deletionTimestamp"):
            return
        owners = stored.obj["metadata"].get("ownerReferences") or ()
        if owners and not any(owner["uid"] in self._alive for owner in owners):
            self._actor.delete(self._kinds[stored.kind].name, stored.obj)

    def _owner(self, stored: Stored, uid: str) -> None:
        finalizers = stored.obj["metadata"].get("finalizers") or ()
        children = list(self._children.get(uid, {}))
        if ORPHAN in finalizers:
            for child in children:
                self._orphan(child, uid)
            self._finish(stored, ORPHAN)
        elif FOREGROUND in finalizers:
            waiting = False
            for child in children:
                found = self.core.store.get(*child)
                if found is None:
                    continue
                waiting = waiting or _blocks(found.obj, uid)
                if not found.obj["metadata"].get("deletionTimestamp"):
                    kind = self._kinds[found.kind].name
                    self._actor.delete(kind, found.obj, propagation="Foreground")
            still = any(self.core.store.get(*child) for child in self._children.get(uid, {}))
            if not waiting or not still:
                self._finish(stored, FOREGROUND)

    def _orphan(self, place: tuple[str, str, str], uid: str) -> None:
        kind, namespace, name = place

        def make(obj: Object) -> Object:
            meta = obj["metadata"]
            left = [o for o in meta.get("ownerReferences") or () if o["uid"] != uid]
            meta.pop("ownerReferences", None)
            if left:
                meta["ownerReferences"] = left
            return obj

        self._actor.change(self._kinds[kind].name, namespace, name, make)
        self._children.get(uid, {}).pop(place, None)

    def _finish(self, stored: Stored, finalizer: str) -> None:
        def make(obj: Object) -> Object:
            left = [f for f in obj["metadata"].get("finalizers") or () if f != finalizer]
            obj["metadata"].pop("finalizers", None)
            if left:
                obj["metadata"]["finalizers"] = left
            return obj

        self._actor.change(self._kinds[stored.kind].name, stored.namespace, stored.name, make)


def _blocks(obj: Object, uid: str) -> bool:
    return any(
        owner["uid"] == uid and owner.get("blockOwnerDeletion")
        for owner in obj["metadata"].get("ownerReferences") or ()
    )
