"""What a Deployment is to have next: pure. After k8s.io/kubernetes/pkg/controller/deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.objects import Object, annotations_of, clone, condition_of, now_text

HASH = "pod-template-hash"
PREFIX = "deployment.kubernetes.io/"
REVISION, HISTORY = f"{PREFIX}revision", f"{PREFIX}revision-history"
DESIRED, MOST = f"{PREFIX}desired-replicas", f"{PREFIX}max-replicas"
NOT_COPIED = {
    "kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MOST,
    "deprecated.deployment.rollback.to",
}  # fmt: skip


@dataclass(frozen=True)
class Bounds:
    """How many pods there may be at most, and how many have to be there at least."""

    most: int
    least: int


def bounds_of(spec: Object) -> Bounds:
    """From the strategy of a Deployment."""
    wanted = spec["replicas"]
    if spec["strategy"]["type"] == "Recreate":
        return Bounds(wanted, 0)
    rolling = spec["strategy"].get("rollingUpdate") or {}
    surge = _share(rolling.get("maxSurge", 0), wanted, up=True)
    missing = _share(rolling.get("maxUnavailable", 0), wanted, up=False)
    if not surge and not missing:
        missing = 1
    return Bounds(wanted + surge, max(0, wanted - missing))


def _share(value: Any, whole: int, *, up: bool) -> int:
    if not isinstance(value, str):
        return int(value)
    part = int(value.rstrip("%")) * whole
    return -(-part // 100) if up else part // 100


def replicas_of(sets: list[Object]) -> int:
    """How many pods sets are to have in all."""
    return sum(int(one["spec"]["replicas"]) for one in sets)


def counted(sets: list[Object], name: str) -> int:
    """A count of the status of sets in all."""
    return sum(int((one.get("status") or {}).get(name, 0)) for one in sets)


def is_of(owner: Object, one: Object) -> bool:
    """Whether a set is made from the template that a Deployment has now."""
    template = clone(one["spec"]["template"])
    ((template.get("metadata") or {}).get("labels") or {}).pop(HASH, None)
    return bool(template == owner["spec"]["template"])


def revision_of(one: Object) -> int:
    """The number of a set among those of its Deployment."""
    text = annotations_of(one).get(REVISION, "0")
    return int(text) if text.isdigit() else 0


def annotated(owner: Object, one: Object, revision: int) -> dict[str, str]:
    """The annotations of the newest set: the Deployment's, its number, and its numbers before."""
    notes = dict(annotations_of(one))
    notes |= {k: v for k, v in annotations_of(owner).items() if k not in NOT_COPIED}
    before = revision_of(one)
    if before < revision:
        notes[REVISION] = str(revision)
        if before:
            history = notes.get(HISTORY)
            notes[HISTORY] = f"{history},{before}" if history else str(before)
    return notes


def sized(owner: Object) -> dict[str, str]:
    """What a set is told of the size of its Deployment."""
    spec = owner["spec"]
    return {DESIRED: str(spec["replicas"]), MOST: str(bounds_of(spec).most)}


def new_size(owner: Object, newest: Object, sets: list[Object]) -> int:
    """How many pods the newest set is to have now."""
    wanted, has = int(owner["spec"]["replicas"]), int(newest["spec"]["replicas"])
    if owner["spec"]["strategy"]["type"] == "Recreate" or has > wanted:
        return wanted
    free = bounds_of(owner["spec"]).most - replicas_of(sets)
    return has + max(0, min(free, wanted - has))


def old_sizes(owner: Object, newest: Object, old: list[Object]) -> list[tuple[Object, int]]:
    """Which old sets shrink now, and to what: unhealthy pods first, then the oldest sets."""
    least = bounds_of(owner["spec"]).least
    everything = [*old, newest]
    behind = newest["spec"]["replicas"] - counted([newest], "availableReplicas")
    may_go = replicas_of(everything) - least - behind
    sizes = {id(one): int(one["spec"]["replicas"]) for one in old}
    for one in old:
        sick = max(0, sizes[id(one)] - counted([one], "availableReplicas"))
        gone = min(may_go, sick)
        if gone > 0:
            sizes[id(one)] -= gone
            may_go -= gone
    spare = min(may_go, counted(everything, "availableReplicas") - least)
    for one in old:
        gone = min(spare, sizes[id(one)])
        if gone > 0:
            sizes[id(one)] -= gone
            spare -= gone
    return [(one, sizes[id(one)]) for one in old if sizes[id(one)] != one["spec"]["replicas"]]


def status_of(owner: Object, sets: list[Object], newest: Object | None) -> Object:
    """The counts of a Deployment, with the conditions that it had."""
    available = counted(sets, "availableReplicas")
    counts = {
        "replicas": counted(sets, "replicas"),
        "updatedReplicas": counted([newest], "replicas") if newest else 0,
        "readyReplicas": counted(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, replicas_of(sets) - available),
    }
    status: Object = {name: count for name, count in counts.items() if count}
    status["terminatingReplicas"] = counted(sets, "terminatingReplicas")
    status["observedGeneration"] = owner["metadata"].get("generation", 0)
    status["conditions"] = clone((owner.get("status") or {}).get("conditions") or [])
    if available >= bounds_of(owner["spec"]).least:
        condition_set(status, "Available", "True", "MinimumReplicasAvailable",
                      "Deployment has minimum availability.")  # fmt: skip
    else:
        condition_set(status, "Available", "False", "MinimumReplicasUnavailable",
                      "Deployment does not have minimum availability.")  # fmt: skip
    return status


def is_complete(owner: Object, status: Object) -> bool:
    """Whether all pods are new ones, there and available."""
    wanted = owner["spec"]["replicas"]
    names = ("updatedReplicas", "replicas", "availableReplicas")
    return all(status.get(name, 0) == wanted for name in names)


def has_moved(owner: Object, status: Object) -> bool:
    """Whether a rollout has come further since its status was last written."""
    before = owner.get("status") or {}

    def old_pods(counts: Object) -> int:
        return int(counts.get("replicas", 0) - counts.get("updatedReplicas", 0))

    names = ("updatedReplicas", "readyReplicas", "availableReplicas")
    more = any(status.get(name, 0) > before.get(name, 0) for name in names)
    return more or old_pods(status) < old_pods(before)


def condition_set(status: Object, kind: str, value: str, reason: str, message: str) -> None:
    """Set a condition where it says something else now; what is set comes last."""
    before = condition_of({"status": status}, kind)
    if before is not None and (before["status"], before["reason"]) == (value, reason):
        return
    moment = now_text()
    made = {
        "type": kind, "status": value, "lastUpdateTime": moment, "lastTransitionTime": moment,
        "reason": reason, "message": message,
    }  # fmt: skip
    if before is not None and before["status"] == value:
        made["lastTransitionTime"] = before["lastTransitionTime"]
    others = [one for one in status["conditions"] if one["type"] != kind]
    status["conditions"] = [*others, made]
