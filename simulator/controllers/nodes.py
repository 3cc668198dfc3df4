"""Nodes: taints of those that are not ready and what becomes of their pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.controllers.actor import Actor, controller_user
from simulator.controllers.loop import Loop
from simulator.kinds.registry import kind_named
from simulator.objects import Object, clone, condition_of, now_text

if TYPE_CHECKING:
    from simulator.core import Core

COMPONENT = "node-controller"
NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
OLD_LABELS = {"beta.kubernetes.io/arch": "kubernetes.io/arch",
              "beta.kubernetes.io/os": "kubernetes.io/os"}  # fmt: skip


class Nodes(Loop):
    """Node lifecycle and the collection of orphaned pods."""

    name = COMPONENT

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, controller_user(COMPONENT))
        self._reaper = Actor(core, controller_user("pod-garbage-collector"))
        self._met: set[str] = set()

    def begin(self) -> None:
        """Listen to nodes; find pods whose node went while nobody looked."""
        self.listen("nodes", lambda event: event.stored.name)
        for stored in self.core.store.each("pods"):
            node = stored.obj["spec"].get("nodeName")
            if node and self.core.store.get("nodes", "", node) is None:
                self.add(node)

    def sync(self, key: Any) -> None:
        """Taint a node as it fares, or collect what a deleted one had."""
        if isinstance(key, tuple):
            self._collect(str(key[1]))
            return
        name = str(key)
        found = self.core.store.get("nodes", "", name)
        if found is None:
            self.later(("collect", name), self.core.pace.orphan)
            return
        self._actor.change("Node", "", name, _mended)
        ready = condition_of(found.obj, "Ready")
        if ready is not None and ready["status"] != "True":
            self._mark_not_ready(name)
        taints = (found.obj.get("spec") or {}).get("taints") or ()
        if any(taint["key"] == OUT_OF_SERVICE for taint in taints):
            self._reap(name)
        if found.obj["metadata"]["uid"] not in self._met:
            self._met.add(found.obj["metadata"]["uid"])
            text = f"Node {name} event: Registered Node {name} in Controller"
            kind = kind_named("Node")
            self._actor.event(found.obj, kind, "Normal", "RegisteredNode", text, COMPONENT)

    def _mark_not_ready(self, node: str) -> None:
        """Pods of a node that is not ready serve nobody; its kubelet says when they do again."""
        for stored in list(self.core.store.each("pods")):
            pod = stored.obj
            ready = condition_of(pod, "Ready")
            if pod["spec"].get("nodeName") != node or ready is None or ready["status"] != "True":
                continue
            status = clone(pod["status"])
            for condition in status["conditions"]:
                if condition["type"] == "Ready":
                    condition |= {"status": "False", "lastTransitionTime": now_text()}
            self._actor.set_status("Pod", pod, status)
            kind, text = kind_named("Pod"), "Node is not ready"
            self._actor.event(pod, kind, "Warning", "NodeNotReady", text, COMPONENT)

    def _collect(self, name: str) -> None:
        if self.core.store.get("nodes", "", name) is None:
            self._reap(name)

    def _reap(self, node: str) -> None:
        for stored in list(self.core.store.each("pods")):
            if stored.obj["spec"].get("nodeName") == node:
                self._reaper.delete("Pod", stored.obj, grace=0)


def _mended(node: Object) -> Object:
    """A node with the taints that its conditions ask for, and its older labels."""
    spec = node.setdefault("spec", {})
    ready = condition_of(node, "Ready")
    state = ready["status"] if ready else "Unknown"
    wanted: set[tuple[str, str]] = set()
    if state == "False" or ready is None:
        wanted = {(NOT_READY, "NoSchedule")} | ({(NOT_READY, "NoExecute")} if ready else set())
    elif state == "Unknown":
        wanted = {(UNREACHABLE, "NoSchedule"), (UNREACHABLE, "NoExecute")}
    if spec.get("unschedulable"):
        wanted.add((UNSCHEDULABLE, "NoSchedule"))
    own = (NOT_READY, UNREACHABLE, UNSCHEDULABLE)
    before = spec.get("taints") or []
    kept = [t for t in before if t["key"] not in own or (t["key"], t["effect"]) in wanted]
    there = {(t["key"], t["effect"]) for t in kept}
    for key, effect in sorted(wanted - there):
        taint = {"key": key, "effect": effect}
        if effect == "NoExecute" or key == UNSCHEDULABLE:
            taint["timeAdded"] = now_text()
        kept.append(taint)
    spec.pop("taints", None)
    if kept:
        spec["taints"] = kept
    labels = node["metadata"].setdefault("labels", {})
    for old, new in OLD_LABELS.items():
        if new in labels:
            labels[old] = labels[new]
    return node
