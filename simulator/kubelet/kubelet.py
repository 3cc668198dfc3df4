"""What kubelets do with nodes and pods, at the pace of the cluster."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from simulator.api.errors import StatusError
from simulator.auth.identity import User
from simulator.controllers.actor import Actor
from simulator.controllers.loop import Loop
from simulator.kinds.registry import kind_named
from simulator.kubelet.life import Step, next_step
from simulator.kubelet.nodes import node_status
from simulator.objects import Object
from simulator.store.store import Event, Stored

if TYPE_CHECKING:
    from simulator.core import Core

LABEL = "testbed.berth.dev/kubelet"
COMPONENT = "kubelet"
USER = User("system:node:simulator", ("system:nodes", "system:authenticated"))


class Kubelet(Loop):
    """All kubelets in one: each pod has at most one thing that comes next."""

    name = "kubelet"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, USER, COMPONENT)
        self._timers: dict[str, tuple[str, asyncio.TimerHandle]] = {}

    def begin(self) -> None:
        """Listen to nodes and to pods that have one."""
        self.listen("nodes", lambda event: ("node", event.stored.name))
        self.listen("pods", self._pod_key)

    def _pod_key(self, event: Event) -> Hashable | None:
        pod = event.stored.obj
        if event.type == "DELETED":
            self._cancel(pod["metadata"]["uid"])
            return None
        return ("pod", *event.stored.key) if pod["spec"].get("nodeName") else None

    def sync(self, key: Any) -> None:
        """Look at a node or at a pod."""
        if not isinstance(key, tuple):
            return
        if key[0] == "node":
            self._node(str(key[1]))
            return
        stored = self.core.store.get("pods", str(key[1]), str(key[2]))
        if stored is not None:
            self._pod(stored)

    def _is_running(self, name: str) -> Stored | None:
        """The node where its kubelet is at work."""
        found = self.core.store.get("nodes", "", name)
        if found is None:
            return None
        labels = found.obj["metadata"].get("labels") or {}
        return found if labels.get(LABEL) == "running" else None

    def _node(self, name: str) -> None:
        found = self._is_running(name)
        if found is None:
            return
        self._actor.set_status("Node", found.obj, node_status(found.obj))
        for stored in self.core.store.each("pods"):
            if stored.obj["spec"].get("nodeName") == name:
                self.add(("pod", *stored.key))

    def _pod(self, stored: Stored) -> None:
        pod = stored.obj
        uid = pod["metadata"]["uid"]
        if self._is_running(pod["spec"].get("nodeName", "")) is None:
            self._cancel(uid)
            return
        step = next_step(pod, self.core.pace)
        planned = self._timers.get(uid)
        if step is None:
            self._cancel(uid)
            return
        if planned is not None and planned[0] == step.name:
            return
        self._cancel(uid)
        delay = step.delay
        if step.varies:
            delay += random.uniform(0, self.core.pace.spread)  # noqa: S311
        if delay <= 0:
            self._do(pod, step)
            return
        loop = asyncio.get_running_loop()
        handle = loop.call_later(delay, self._due, uid, stored.key, step.name)
        self._timers[uid] = (step.name, handle)

    def _due(self, uid: str, key: tuple[str, str], name: str) -> None:
        self._timers.pop(uid, None)
        stored = self.core.store.get("pods", *key)
        if stored is None or stored.obj["metadata"]["uid"] != uid:
            return
        step = next_step(stored.obj, self.core.pace)
        if step is None or step.name != name:
            self.add(("pod", *key))
            return
        try:
            self._do(stored.obj, step)
        except StatusError:
            self.later(("pod", *key), self.core.pace.retry)

    def _do(self, pod: Object, step: Step) -> None:
        if step.removes:
            self._actor.delete("Pod", pod, grace=0)
            return
        if step.event is not None:
            kind = kind_named("Pod")
            self._actor.event(pod, kind, *step.event, COMPONENT)
        node = self.core.store.get("nodes", "", pod["spec"]["nodeName"])
        self._actor.set_status("Pod", pod, step.make(pod, node.obj if node else {}))

    def _cancel(self, uid: str) -> None:
        planned = self._timers.pop(uid, None)
        if planned is not None:
            planned[1].cancel()
