"""The scheduler: pods to nodes, and a reason for each that finds none."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.api.errors import StatusError
from simulator.api.parts import bind
from simulator.auth.identity import User
from simulator.controllers.actor import Actor
from simulator.controllers.fitting import (
    PREFILTER,
    Amounts,
    explain,
    pinned_to,
    refusals,
    requests_of,
    room_of,
)
from simulator.controllers.loop import Loop
from simulator.kinds.registry import kind_named
from simulator.objects import Object, clone, now_text
from simulator.store.store import Event, Stored

if TYPE_CHECKING:
    from simulator.core import Core

USER = User("system:kube-scheduler", ("system:authenticated",))
COMPONENT = "default-scheduler"
ENDED = ("Succeeded", "Failed")
ZERO = Decimal(0)
# So many nodes that fit are enough to choose from; a real scheduler looks at a part of them, too.
ENOUGH = 20


class Scheduler(Loop):
    """Places one pod after the other; what did not fit is tried again when something changes."""

    name = "kube-scheduler"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, USER, "kube-scheduler")
        self._used: dict[str, Amounts] = {}
        self._holding: dict[str, tuple[str, Amounts]] = {}
        self._waiting: dict[tuple[str, str], None] = {}
        self._turn = 0

    def begin(self) -> None:
        """Learn what is held, and listen."""
        for stored in self.core.store.each("pods"):
            self._learn(Event(stored.version, "ADDED", stored, None))
        self.core.store.listen("pods", self._learn)
        self.core.store.listen("nodes", self._node_changed)

    def _learn(self, event: Event) -> None:
        pod, key = event.stored.obj, event.stored.key
        uid = pod["metadata"]["uid"]
        node = pod["spec"].get("nodeName")
        ended = (pod.get("status") or {}).get("phase") in ENDED
        if event.type == "DELETED" or ended or not node:
            self._waiting.pop(key, None)
            if self._holding.get(uid):
                self._give_back(uid)
                self._retry()
            if event.type != "DELETED" and not ended and _is_ours(pod):
                self.add(key)
            return
        self._waiting.pop(key, None)
        amounts = requests_of(pod)
        before = self._holding.get(uid)
        if before is not None and before == (node, amounts):
            return
        if before is not None:
            self._give_back(uid)
        self._holding[uid] = (node, amounts)
        held = self._used.setdefault(node, {})
        for name, amount in amounts.items():
            held[name] = held.get(name, ZERO) + amount

    def _give_back(self, uid: str) -> None:
        node, amounts = self._holding.pop(uid)
        held = self._used[node]
        for name, amount in amounts.items():
            held[name] -= amount

    def _node_changed(self, event: Event) -> None:
        before = event.previous.obj if event.previous else None
        after = event.stored.obj
        if before is None or _decisive(before) != _decisive(after):
            self._retry()

    def _retry(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for key in waiting:
            self.add(key)

    def sync(self, key: Any) -> None:
        """Place one pod."""
        namespace, name = key
        stored = self.core.store.get("pods", namespace, name)
        if stored is None or stored.obj["spec"].get("nodeName") or not _is_ours(stored.obj):
            return
        nodes = list(self.core.store.each("nodes"))
        chosen, message = self._choose(stored.obj, nodes)
        if chosen is None:
            self._waiting[namespace, name] = None
            self._say(stored.obj, message)
            return
        try:
            bind(self.core, namespace, name, chosen)
        except StatusError:
            return
        text = f"Successfully assigned {namespace}/{name} to {chosen}"
        pod = self.core.store.get("pods", namespace, name)
        if pod is not None:
            self._actor.event(pod.obj, kind_named("Pod"), "Normal", "Scheduled", text, COMPONENT)

    def _choose(self, pod: Object, nodes: list[Stored]) -> tuple[str | None, str]:
        wanted, pinned = requests_of(pod), pinned_to(pod)
        best: tuple[float, str] | None = None
        reasons: Counter[str] = Counter()
        helped: Counter[bool] = Counter()
        fitting = 0
        for stored in self._in_turn(nodes):
            if fitting >= ENOUGH:
                break
            if pinned is not None and stored.name not in pinned:
                reasons[PREFILTER] += 1
                helped[False] += 1
                continue
            used = self._used.get(stored.name, {})
            why, could = refusals(pod, stored.obj, wanted, used)
            if why:
                reasons.update(why)
                helped[could] += 1
                continue
            fitting += 1
            score = (_load(stored.obj, used, wanted), stored.name)
            if best is None or score < best:
                best = score
        if best is not None:
            return best[1], ""
        return None, explain(len(nodes), reasons, helped)

    def _in_turn(self, nodes: list[Stored]) -> list[Stored]:
        """The nodes, each time beginning a little further on."""
        self._turn = (self._turn + ENOUGH) % max(1, len(nodes))
        return nodes[self._turn :] + nodes[: self._turn] if len(nodes) > ENOUGH else nodes

    def _say(self, pod: Object, message: str) -> None:
        new = clone(pod)
        meta = new["metadata"]
        made = {
            "type": "PodScheduled",
            "status": "False",
            "lastProbeTime": None,
            "lastTransitionTime": now_text(),
            "reason": "Unschedulable",
            "message": message,
            "observedGeneration": meta.get("generation", 1),
        }
        conditions = new.setdefault("status", {}).setdefault("conditions", [])
        for index, condition in enumerate(conditions):
            if condition["type"] == "PodScheduled":
                if condition.get("message") == message:
                    return
                made["lastTransitionTime"] = condition["lastTransitionTime"]
                conditions[index] = made
                break
        else:
            conditions.append(made)
        self._actor.set_status("Pod", pod, new["status"])
        kind = kind_named("Pod")
        self._actor.event(pod, kind, "Warning", "FailedScheduling", message, COMPONENT)


def _is_ours(pod: Object) -> bool:
    spec = pod["spec"]
    return (
        spec.get("schedulerName", COMPONENT) == COMPONENT
        and not spec.get("schedulingGates")
        and not pod["metadata"].get("deletionTimestamp")
    )


def _decisive(node: Object) -> tuple[object, ...]:
    return (
        node["metadata"].get("labels"),
        node.get("spec"),
        (node.get("status") or {}).get("allocatable"),
    )


def _load(node: Object, used: Amounts, wanted: Amounts) -> float:
    """How full the node would be; devices count for those who ask for none, so that such pods
    keep off the nodes that have them."""
    room = room_of(node)
    shares = [
        float((used.get(key, ZERO) + wanted.get(key, ZERO)) / room[key])
        for key in ("cpu", "memory")
        if room.get(key)
    ]
    devices = any("/" in key and amount for key, amount in room.items())
    asks = any("/" in key for key in wanted)
    return sum(shares) / max(1, len(shares)) + (1.0 if devices and not asks else 0.0)
