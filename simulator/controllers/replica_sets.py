"""ReplicaSets: as many pods as are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.api.errors import StatusError
from simulator.controllers.actor import Actor, controller_user
from simulator.controllers.loop import Loop
from simulator.controllers.pods import (
    from_template,
    is_ended,
    is_leaving,
    is_ready,
    owner_key,
    pods_of,
)
from simulator.kinds.registry import kind_named
from simulator.objects import Object, now_text, random_suffix, time_parse

if TYPE_CHECKING:
    from simulator.core import Core


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
        pods = [s.obj for s in pods_of(self.core.store, owner)]
        alive = [pod for pod in pods if not is_leaving(pod) and not is_ended(pod)]
        alive.sort(key=_worth)
        missing = owner["spec"]["replicas"] - len(alive)
        failure: StatusError | None = None
        for _number in range(missing):
            try:
                alive.append(self._create(owner))
            except StatusError as refusal:
                failure = refusal
                break
        surplus, alive = alive[: max(0, -missing)], alive[max(0, -missing) :]
        for pod in surplus:
            self._actor.delete("Pod", pod)
            text = f"Deleted pod: {pod['metadata']['name']}"
            self._actor.event(owner, self._kind, "Normal", "SuccessfulDelete", text, self.name)
        leaving = len(pods_of(self.core.store, owner)) - len(alive)
        self._status(owner, alive, leaving, failure)
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

    def _status(
        self, owner: Object, alive: list[Object], leaving: int, failure: StatusError | None
    ) -> None:
        ready = sum(is_ready(pod) for pod in alive)
        status: Object = {
            "replicas": len(alive),
            "terminatingReplicas": leaving,
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


def _worth(pod: Object) -> tuple[bool, bool, bool, float]:
    """In which order pods go: those that do least come first, then the youngest."""
    started = time_parse(pod["metadata"]["creationTimestamp"]).timestamp()
    running = (pod.get("status") or {}).get("phase") == "Running"
    return bool(pod["spec"].get("nodeName")), running, is_ready(pod), -started
