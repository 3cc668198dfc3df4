"""Pods leave a node that has a taint they do not bear, at once or when their patience is over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from simulator.api.parts import set_condition
from simulator.controllers.actor import Actor, controller_user
from simulator.controllers.fitting import tolerates
from simulator.controllers.loop import Loop
from simulator.kinds.registry import kind_named
from simulator.objects import Object, clone
from simulator.store.store import Event, Stored

if TYPE_CHECKING:
    from simulator.core import Core

COMPONENT = "taint-eviction-controller"
DISRUPTED = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByTaintManager",
    "message": "Taint manager: deleting due to NoExecute taint",
}


class Taints(Loop):
    """Looks at every pod of a node that has taints of effect NoExecute."""

    name = COMPONENT

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, controller_user(COMPONENT))
        self._tainted: dict[str, list[Object]] = {}
        self._since: dict[str, float] = {}  # since when a pod bears a taint, by its UID

    def begin(self) -> None:
        """Listen to nodes, and to pods that come to one."""
        self.listen("nodes", self._node)
        self.listen("pods", self._pod)

    def _node(self, event: Event) -> str | None:
        name = event.stored.name
        taints = [t for t in _taints(event.stored.obj) if t["effect"] == "NoExecute"]
        if event.type == "DELETED":
            taints = []
        if taints == self._tainted.get(name, []):
            return None
        self._tainted[name] = taints
        return name

    def _pod(self, event: Event) -> tuple[str, str] | None:
        if event.type == "DELETED":
            self._since.pop(event.stored.obj["metadata"]["uid"], None)
            return None
        node = event.stored.obj["spec"].get("nodeName")
        return event.stored.key if self._tainted.get(node or "") else None

    def sync(self, key: Any) -> None:
        """Look at a node, or at one pod."""
        if isinstance(key, tuple):
            stored = self.core.store.get("pods", *key)
            if stored is not None:
                self._look(stored)
            return
        for stored in self.core.store.each("pods"):
            if stored.obj["spec"].get("nodeName") == key:
                self._look(stored)

    def _look(self, stored: Stored) -> None:
        pod, uid = stored.obj, stored.obj["metadata"]["uid"]
        taints = self._tainted.get(pod["spec"].get("nodeName") or "", [])
        patience = _patience(pod, taints)
        if pod["metadata"].get("deletionTimestamp") or patience is None:
            self._since.pop(uid, None)
            return
        now = asyncio.get_running_loop().time()
        left = self._since.setdefault(uid, now) + patience - now
        if left > 0:
            self.later(stored.key, left)
            return
        self._since.pop(uid, None)
        self._evict(stored)

    def _evict(self, stored: Stored) -> None:
        kind, text = kind_named("Pod"), f"Marking for deletion Pod {stored.namespace}/{stored.name}"
        self._actor.event(stored.obj, kind, "Normal", "TaintManagerEviction", text, COMPONENT)
        pod = clone(stored.obj)
        set_condition(pod, DISRUPTED)
        self._actor.set_status("Pod", stored.obj, pod["status"])
        self._actor.delete("Pod", stored.obj)


def _taints(node: Object) -> list[Object]:
    found: list[Object] = (node.get("spec") or {}).get("taints") or []
    return found


def _patience(pod: Object, taints: list[Object]) -> float | None:
    """For how many seconds a pod bears its node's taints; None where it does for ever."""
    least: float | None = None
    for taint in taints:
        bearing = [t for t in pod["spec"].get("tolerations") or () if tolerates(t, taint)]
        if not bearing:
            return 0.0
        limits = [t["tolerationSeconds"] for t in bearing if "tolerationSeconds" in t]
        for seconds in limits:
            least = min(float(seconds), least) if least is not None else float(seconds)
    return max(0.0, least) if least is not None else None
