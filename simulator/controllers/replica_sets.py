"""ReplicaSets and the Deployments that make them, as far as tenants start things with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.api.errors import StatusError
from simulator.controllers.actor import Actor, controller_user
from simulator.controllers.loop import Loop
from simulator.controllers.pods import (
    controlled,
    from_template,
    hash_of,
    is_ended,
    is_leaving,
    is_ready,
    owner_key,
    pods_of,
    reference_to,
)
from simulator.kinds.registry import kind_named
from simulator.objects import Object, clone, now_text, random_suffix

if TYPE_CHECKING:
    from simulator.core import Core

HASH = "pod-template-hash"


class ReplicaSets(Loop):
    """Keeps as many pods as are wanted."""

    name = "replicaset-controller"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, controller_user(self.name))
        self._kind = kind_named("ReplicaSet")

    def begin(self) -> None:
        """Listen to sets and their pods."""
        self.listen(self._kind.key, lambda event: event.stored.key)
        self.listen("pods", lambda event: owner_key("ReplicaSet", event))

    def sync(self, key: Any) -> None:
        """Bring one set nearer to what is wanted."""
        stored = self.core.store.get(self._kind.key, *key)
        if stored is None or stored.obj["metadata"].get("deletionTimestamp"):
            return
        owner = stored.obj
        alive = [s.obj for s in pods_of(self.core.store, owner)]
        alive = [pod for pod in alive if not is_leaving(pod) and not is_ended(pod)]
        missing = owner["spec"]["replicas"] - len(alive)
        failure: StatusError | None = None
        for _number in range(missing):
            try:
                alive.append(self._create(owner))
            except StatusError as refusal:
                failure = refusal
                break
        for pod in alive[missing:] if missing < 0 else ():
            self._actor.delete("Pod", pod)
            text = f"Deleted pod: {pod['metadata']['name']}"
            self._actor.event(owner, self._kind, "Normal", "SuccessfulDelete", text, self.name)
        self._status(owner, alive, failure)
        if failure is not None:
            raise failure

    def _create(self, owner: Object) -> Object:
        meta = owner["metadata"]
        pod = from_template(owner["spec"]["template"], self._kind, owner)
        head = f"{meta['name']}-"
        pod["metadata"] |= {"generateName": head, "name": head + random_suffix()}
        try:
            made = self._actor.create("Pod", meta["namespace"], pod)
        except StatusError as refusal:
            text = f"Error creating: {refusal.message}"
            self._actor.event(owner, self._kind, "Warning", "FailedCreate", text, self.name)
            raise
        text = f"Created pod: {made['metadata']['name']}"
        self._actor.event(owner, self._kind, "Normal", "SuccessfulCreate", text, self.name)
        return made

    def _status(self, owner: Object, alive: list[Object], failure: StatusError | None) -> None:
        ready = sum(is_ready(pod) for pod in alive)
        status: Object = {
            "replicas": len(alive),
            "observedGeneration": owner["metadata"].get("generation", 0),
        }
        if alive:
            status["fullyLabeledReplicas"] = len(alive)
        if ready:
            status |= {"readyReplicas": ready, "availableReplicas": ready}
        if failure is not None:
            before = (owner.get("status") or {}).get("conditions") or [{}]
            status["conditions"] = [
                {
                    "type": "ReplicaFailure",
                    "status": "True",
                    "lastTransitionTime": before[0].get("lastTransitionTime") or now_text(),
                    "reason": "FailedCreate",
                    "message": failure.message,
                }
            ]
        self._actor.set_status("ReplicaSet", owner, status)


class Deployments(Loop):
    """One ReplicaSet per template; a new one takes over at once, the old ones go to zero."""

    name = "deployment-controller"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, controller_user(self.name))
        self._kind = kind_named("Deployment")

    def begin(self) -> None:
        """Listen to Deployments and their sets."""
        self.listen(self._kind.key, lambda event: event.stored.key)
        self.listen("replicasets.apps", lambda event: owner_key("Deployment", event))

    def sync(self, key: Any) -> None:
        """Bring one Deployment nearer to what is wanted."""
        stored = self.core.store.get(self._kind.key, *key)
        if stored is None or stored.obj["metadata"].get("deletionTimestamp"):
            return
        owner = stored.obj
        mark = hash_of(owner["spec"]["template"])
        name = f"{owner['metadata']['name']}-{mark}"
        sets = {s.name: s.obj for s in controlled(self.core.store, "replicasets.apps", owner)}
        if name not in sets:
            sets[name] = self._create(owner, name, mark)
        replicas = owner["spec"]["replicas"]
        for other, found in sets.items():
            wanted = replicas if other == name else 0
            if found["spec"]["replicas"] != wanted:
                self._scale(found, wanted)
        self._status(owner, sets, name)

    def _create(self, owner: Object, name: str, mark: str) -> Object:
        spec = owner["spec"]
        template = clone(spec["template"])
        labels = template.setdefault("metadata", {}).setdefault("labels", {})
        labels[HASH] = mark
        selector = clone(spec["selector"])
        selector.setdefault("matchLabels", {})[HASH] = mark
        made = {
            "metadata": {
                "name": name,
                "labels": clone(labels),
                "ownerReferences": [reference_to(self._kind, owner)],
            },
            "spec": {"replicas": spec["replicas"], "selector": selector, "template": template},
        }
        return self._actor.create("ReplicaSet", owner["metadata"]["namespace"], made)

    def _scale(self, found: Object, replicas: int) -> None:
        def make(obj: Object) -> Object:
            obj["spec"]["replicas"] = replicas
            return obj

        meta = found["metadata"]
        self._actor.change("ReplicaSet", meta["namespace"], meta["name"], make)

    def _status(self, owner: Object, sets: dict[str, Object], newest: str) -> None:
        def total(name: str) -> int:
            return sum((s.get("status") or {}).get(name, 0) for s in sets.values())

        counts = {
            "replicas": total("replicas"),
            "updatedReplicas": (sets[newest].get("status") or {}).get("replicas", 0),
            "readyReplicas": total("readyReplicas"),
            "availableReplicas": total("availableReplicas"),
            "unavailableReplicas": owner["spec"]["replicas"] - total("availableReplicas"),
        }
        status: Object = {name: count for name, count in counts.items() if count > 0}
        status["observedGeneration"] = owner["metadata"].get("generation", 0)
        self._actor.set_status("Deployment", owner, status)
