"""Deployments: one ReplicaSet per template, and the way from one to the next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.api.errors import StatusError
from simulator.controllers import rollouts
from simulator.controllers.actor import Actor, controller_user
from simulator.controllers.loop import Loop
from simulator.controllers.pods import controlled, hash_of, owner_key, pods_of, reference_to
from simulator.kinds.registry import kind_named
from simulator.objects import Object, annotations_of, clone, condition_of, time_parse

if TYPE_CHECKING:
    from simulator.core import Core

SETS = "replicasets.apps"


class Deployments(Loop):
    """One loop over all Deployments."""

    name = "deployment-controller"

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._actor = Actor(core, controller_user(self.name))
        self._kind = kind_named("Deployment")

    def begin(self) -> None:
        """Listen to Deployments and their sets."""
        self.listen(self._kind.key, lambda event: event.stored.key)
        self.listen(SETS, lambda event: owner_key("Deployment", event))

    def sync(self, key: Any) -> None:
        """Bring one Deployment nearer to what is wanted."""
        owner = self._owner(key)
        if owner is None or owner["metadata"].get("deletionTimestamp"):
            return
        sets = self._sets(owner)
        newest = next((one for one in sets if rollouts.is_of(owner, one)), None)
        old = [one for one in sets if one is not newest]
        if newest is None and self._waits(owner, old):
            self._status(key, None)
            return
        newest = self._newest(owner, newest, old)
        self._resize(owner, newest, old)
        self._status(key, newest["metadata"]["name"])
        self._forget(owner, old)

    def _owner(self, key: Any) -> Object | None:
        stored = self.core.store.get(self._kind.key, *key)
        return stored.obj if stored else None

    def _sets(self, owner: Object) -> list[Object]:
        """The sets of a Deployment, the oldest first."""
        found = controlled(self.core.store, SETS, owner)
        return [stored.obj for stored in sorted(found, key=_age)]

    def _waits(self, owner: Object, old: list[Object]) -> bool:
        """Whether the old pods have to go before there are new ones."""
        if owner["spec"]["strategy"]["type"] != "Recreate":
            return False
        for one in old:
            if one["spec"]["replicas"]:
                self._scale(owner, one, 0)
        return any(pods_of(self.core.store, one) for one in old)

    def _newest(self, owner: Object, newest: Object | None, old: list[Object]) -> Object:
        """The set of the template, made where it is missing, with its number."""
        revision = max((rollouts.revision_of(one) for one in old), default=0) + 1
        if newest is None:
            newest = self._create(owner, old, revision)
        else:
            notes = rollouts.annotated(owner, newest, revision)
            if notes != annotations_of(newest):
                newest = self._change(newest, notes, newest["spec"]["replicas"])
        number = annotations_of(newest)[rollouts.REVISION]
        if annotations_of(owner).get(rollouts.REVISION) != number:
            self._number(owner, number)
        return newest

    def _create(self, owner: Object, old: list[Object], revision: int) -> Object:
        meta, spec = owner["metadata"], owner["spec"]
        mark = hash_of(spec["template"])
        template, selector = clone(spec["template"]), clone(spec["selector"])
        labels = template.setdefault("metadata", {}).setdefault("labels", {})
        labels[rollouts.HASH] = mark
        selector.setdefault("matchLabels", {})[rollouts.HASH] = mark
        made: Object = {
            "metadata": {
                "name": f"{meta['name']}-{mark}",
                "labels": clone(labels),
                "ownerReferences": [reference_to(self._kind, owner)],
            },
            "spec": {"replicas": 0, "selector": selector, "template": template},
        }
        size = rollouts.new_size(owner, made, [*old, made])
        made["spec"]["replicas"] = size
        notes = rollouts.annotated(owner, made, revision) | rollouts.sized(owner)
        made["metadata"]["annotations"] = notes
        try:
            found = self._actor.create("ReplicaSet", meta["namespace"], made)
        except StatusError as refusal:
            text = f'Failed to create new replica set "{made["metadata"]["name"]}": '
            self._event(owner, "ReplicaSetCreateError", text + refusal.message, type_="Warning")
            raise
        if size:
            self._event(owner, "ScalingReplicaSet", _scaled(found, 0, size))
        return found

    def _resize(self, owner: Object, newest: Object, old: list[Object]) -> None:
        """Let the newest set grow, or else old ones shrink."""
        alive = [one for one in old if one["spec"]["replicas"]]
        wanted = int(owner["spec"]["replicas"])
        size = rollouts.new_size(owner, newest, [*old, newest]) if alive else wanted
        if size != newest["spec"]["replicas"]:
            self._scale(owner, newest, size)
            return
        for one, left in rollouts.old_sizes(owner, newest, alive):
            self._scale(owner, one, left)

    def _scale(self, owner: Object, one: Object, size: int) -> None:
        before = one["spec"]["replicas"]
        self._change(one, annotations_of(one) | rollouts.sized(owner), size)
        self._event(owner, "ScalingReplicaSet", _scaled(one, before, size))

    def _change(self, one: Object, notes: dict[str, str], size: int) -> Object:
        def make(obj: Object) -> Object:
            obj["spec"]["replicas"] = size
            obj["metadata"]["annotations"] = dict(notes)
            return obj

        meta = one["metadata"]
        return self._actor.change("ReplicaSet", meta["namespace"], meta["name"], make) or one

    def _number(self, owner: Object, number: str) -> None:
        """Note on the Deployment which set it has; a real controller does so with the status."""

        def make(obj: Object) -> Object:
            notes = obj["metadata"].setdefault("annotations", {})
            notes[rollouts.REVISION] = number
            return obj

        meta = owner["metadata"]
        self._actor.change("Deployment", meta["namespace"], meta["name"], make, "status")

    def _status(self, key: Any, newest: str | None) -> None:
        owner = self._owner(key)
        if owner is None:
            return
        sets = self._sets(owner)
        own = next((one for one in sets if one["metadata"]["name"] == newest), None)
        status = rollouts.status_of(owner, sets, own)
        self._progress(key, owner, own, status)
        failed = next((c for one in sets if (c := condition_of(one, "ReplicaFailure"))), None)
        status["conditions"] = [c for c in status["conditions"] if c["type"] != "ReplicaFailure"]
        if failed is not None:
            status["conditions"].append({"lastUpdateTime": failed["lastTransitionTime"]} | failed)
        self._actor.set_status("Deployment", owner, status)

    def _progress(self, key: Any, owner: Object, own: Object | None, status: Object) -> None:
        seconds = owner["spec"].get("progressDeadlineSeconds")
        if seconds is None or own is None:
            return
        head = f'ReplicaSet "{own["metadata"]["name"]}"'
        before = condition_of(owner, "Progressing")
        if rollouts.is_complete(owner, status):
            text = f"{head} has successfully progressed."
            rollouts.condition_set(status, "Progressing", "True", "NewReplicaSetAvailable", text)
        elif before is None or rollouts.has_moved(owner, status):
            text = f"{head} is progressing."
            rollouts.condition_set(status, "Progressing", "True", "ReplicaSetUpdated", text)
        elif before["reason"] == "NewReplicaSetAvailable":
            return  # an old rollout that was done: the new one has its time from its first step on
        else:
            since = datetime.now(UTC) - time_parse(before["lastUpdateTime"])
            left = seconds - since.total_seconds()
            if left > 0:
                self.later(key, left)
                return
            text = f"{head} has timed out progressing."
            rollouts.condition_set(status, "Progressing", "False", "ProgressDeadlineExceeded", text)

    def _forget(self, owner: Object, old: list[Object]) -> None:
        """Remove the oldest of the sets that have no pods any more."""
        idle = [
            one
            for one in old
            if not one["spec"]["replicas"]
            and not (one.get("status") or {}).get("replicas")
            and not one["metadata"].get("deletionTimestamp")
        ]
        idle.sort(key=rollouts.revision_of)
        for one in idle[: max(0, len(idle) - int(owner["spec"]["revisionHistoryLimit"]))]:
            self._actor.delete("ReplicaSet", one)

    def _event(self, owner: Object, reason: str, text: str, *, type_: str = "Normal") -> None:
        self._actor.event(owner, self._kind, type_, reason, text, self.name)


def _age(stored: Any) -> tuple[str, str]:
    return stored.obj["metadata"]["creationTimestamp"], stored.name


def _scaled(one: Object, before: int, size: int) -> str:
    way = "up" if size > before else "down"
    return f"Scaled {way} replica set {one['metadata']['name']} from {before} to {size}"
