"""StatefulSets: pods with numbers, kept there."""

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
from simulator.objects import Object, clone, labels_of

if TYPE_CHECKING:
    from simulator.core import Core

COMPONENT = "statefulset-controller"
REVISION = "controller-revision-hash"
REVISIONS = "controllerrevisions.apps"


class StatefulSets(Loop):
    """One loop over all StatefulSets."""

    name = COMPONENT

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, controller_user(COMPONENT))
        self._kind = kind_named("StatefulSet")

    def begin(self) -> None:
        """Listen to sets and their pods."""
        self.listen(self._kind.key, lambda event: event.stored.key)
        self.core.store.listen("pods", self._hear_pod)

    def _hear_pod(self, event: object) -> None:
        key = owner_key("StatefulSet", event)  # type: ignore[arg-type]
        if key is not None:
            self.add(key)

    def sync(self, key: Any) -> None:
        """Bring one set nearer to what is wanted."""
        namespace, name = key
        stored = self.core.store.get(self._kind.key, namespace, name)
        if stored is None or stored.obj["metadata"].get("deletionTimestamp"):
            return
        owner = stored.obj
        newest = self._revision(owner)
        current = (owner.get("status") or {}).get("currentRevision") or newest
        failure: StatusError | None = None
        try:
            self._pods(owner, newest)
        except StatusError as refusal:
            failure = refusal
        self._status(owner, current, newest)
        if failure is not None:
            raise failure

    def _revision(self, owner: Object) -> str:
        """The name of the template's revision, kept as an object."""
        meta, template = owner["metadata"], owner["spec"]["template"]
        name = f"{meta['name']}-{hash_of(template)}"
        if self.core.store.get(REVISIONS, meta["namespace"], name) is None:
            known = controlled(self.core.store, REVISIONS, owner)
            number = max((s.obj.get("revision", 0) for s in known), default=0) + 1
            labels = dict(owner["spec"]["selector"].get("matchLabels") or {})
            made = {
                "metadata": {
                    "name": name,
                    "labels": labels | {REVISION: name},
                    "ownerReferences": [reference_to(self._kind, owner)],
                },
                "data": {"spec": {"template": clone(template) | {"$patch": "replace"}}},
                "revision": number,
            }
            self._actor.create("ControllerRevision", meta["namespace"], made)
        return name

    def _pods(self, owner: Object, revision: str) -> None:
        spec = owner["spec"]
        start = (spec.get("ordinals") or {}).get("start", 0)
        wanted = range(start, start + spec["replicas"])
        there = {_ordinal(s.name): s.obj for s in pods_of(self.core.store, owner)}
        parallel = spec["podManagementPolicy"] == "Parallel"
        for number in wanted:
            pod = there.get(number)
            if pod is not None and is_ended(pod) and not is_leaving(pod):
                self._actor.delete("Pod", pod)
            elif pod is None:
                self._create(owner, number, revision)
            if not parallel and not (pod and is_ready(pod) and not is_leaving(pod)):
                return
        surplus = sorted((n for n in there if n not in wanted), reverse=True)
        for number in surplus:
            if not is_leaving(there[number]):
                self._remove(owner, there[number])
            if not parallel:
                return
        if not surplus and spec["updateStrategy"]["type"] == "RollingUpdate":
            self._roll(owner, there, revision)

    def _roll(self, owner: Object, there: dict[int, Object], revision: str) -> None:
        """Replace the highest pod of an old revision, once all others are ready."""
        rolling = owner["spec"]["updateStrategy"].get("rollingUpdate") or {}
        if not all(is_ready(pod) and not is_leaving(pod) for pod in there.values()):
            return
        for number in sorted(there, reverse=True):
            old = labels_of(there[number]).get(REVISION) != revision
            if old and number >= rolling.get("partition", 0):
                self._remove(owner, there[number])
                return

    def _create(self, owner: Object, number: int, revision: str) -> None:
        spec, set_name = owner["spec"], owner["metadata"]["name"]
        name = f"{set_name}-{number}"
        pod = from_template(spec["template"], self._kind, owner)
        pod["metadata"] |= {"name": name, "generateName": f"{set_name}-"}
        pod["metadata"]["labels"] = (pod["metadata"].get("labels") or {}) | {
            REVISION: revision,
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(number),
        }
        pod["spec"]["hostname"] = name
        if spec.get("serviceName"):
            pod["spec"]["subdomain"] = spec["serviceName"]
        head = f"Create Pod {name} in StatefulSet {set_name}"
        try:
            self._actor.create("Pod", owner["metadata"]["namespace"], pod)
        except StatusError as refusal:
            if refusal.reason == "AlreadyExists":
                return
            text = f"{head} failed error: {refusal.message}"
            self._event(owner, "Warning", "FailedCreate", text)
            raise
        self._event(owner, "Normal", "SuccessfulCreate", f"{head} successful")

    def _remove(self, owner: Object, pod: Object) -> None:
        self._actor.delete("Pod", pod)
        name, set_name = pod["metadata"]["name"], owner["metadata"]["name"]
        text = f"Delete Pod {name} in StatefulSet {set_name} successful"
        self._event(owner, "Normal", "SuccessfulDelete", text)

    def _event(self, owner: Object, type_: str, reason: str, text: str) -> None:
        self._actor.event(owner, self._kind, type_, reason, text, COMPONENT)

    def _status(self, owner: Object, current: str, newest: str) -> None:
        meta, spec = owner["metadata"], owner["spec"]
        pods = [s.obj for s in pods_of(self.core.store, owner)]
        alive = [pod for pod in pods if not is_leaving(pod)]
        ready = sum(is_ready(pod) for pod in alive)
        marks = [labels_of(pod).get(REVISION) for pod in alive]
        updated = marks.count(newest)
        if updated == spec["replicas"] == ready == len(pods):
            current = newest
        counts = {
            "readyReplicas": ready,
            "currentReplicas": marks.count(current),
            "updatedReplicas": updated,
        }
        status: Object = {
            "observedGeneration": meta.get("generation", 0),
            "replicas": len(pods),
            **{name: count for name, count in counts.items() if count},
            "currentRevision": current,
            "updateRevision": newest,
            "collisionCount": 0,
            "availableReplicas": ready,
        }
        self._actor.set_status("StatefulSet", owner, status)


def _ordinal(name: str) -> int:
    tail = name.rpartition("-")[2]
    return int(tail) if tail.isdigit() else -1
