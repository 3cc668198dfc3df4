"""In-place resize as a kubelet shows it: seen, under way, done, or stopped on the way. Pure."""

from __future__ import annotations

from collections.abc import Callable

from simulator.objects import Object, annotations_of, clone, now_text

ANNOTATION = "testbed.berth.dev/resize"
PROGRESS, PENDING = "PodResizeInProgress", "PodResizePending"
EVENTS = {
    "begin": ("Normal", "ResizeStarted", "Pod resize started"),
    "done": ("Normal", "ResizeCompleted", "Pod resize completed"),
}


def next_change(pod: Object) -> str | None:
    """begin, done, refuse, error, observe, or nothing."""
    fault = annotations_of(pod).get(ANNOTATION, "")
    kinds = {c["type"] for c in pod["status"].get("conditions") or ()}
    differs = _differs(pod)
    if differs and fault in ("infeasible", "deferred"):
        return None if PENDING in kinds else "refuse"
    if differs and fault == "error":
        return None if PROGRESS in kinds else "error"
    if PROGRESS in kinds and fault not in ("stuck", "error"):
        return "done"
    if differs and PROGRESS not in kinds:
        return "begin"
    seen = pod["status"].get("observedGeneration", 0)
    if not differs and pod["metadata"].get("generation", 0) != seen:
        return "observe"
    return None


def _differs(pod: Object) -> bool:
    held = {c["name"]: c for c in pod["status"].get("containerStatuses") or ()}
    for container in pod["spec"]["containers"]:
        status = held.get(container["name"])
        if status is None:
            continue
        wanted = container.get("resources") or {}
        if (status.get("allocatedResources") or {}) != (wanted.get("requests") or {}):
            return True
        if ((status.get("resources") or {}).get("limits") or {}) != (wanted.get("limits") or {}):
            return True
    return False


def _changed(pod: Object, drop: tuple[str, ...], add: Object | None = None) -> Object:
    status: Object = clone(pod["status"])
    status["observedGeneration"] = pod["metadata"].get("generation", 1)
    kept = [c for c in status.get("conditions") or () if c["type"] not in drop]
    if add is not None:
        moment = now_text()
        generation = status["observedGeneration"]
        base = {"status": "True", "lastProbeTime": moment, "lastTransitionTime": moment}
        kept = [c for c in kept if c["type"] != add["type"]]
        kept.append(base | add | {"observedGeneration": generation})
    status["conditions"] = kept
    return status


def _wanted(pod: Object) -> dict[str, Object]:
    return {c["name"]: c for c in pod["spec"]["containers"]}


def begin(pod: Object, _node: Object) -> Object:
    """The new amounts are allocated, the old ones still in force."""
    status = _changed(pod, (PENDING,), {"type": PROGRESS})
    for container in status.get("containerStatuses") or ():
        resources = _wanted(pod)[container["name"]].get("resources") or {}
        container.pop("allocatedResources", None)
        if resources.get("requests"):
            container["allocatedResources"] = clone(resources["requests"])
    return status


def done(pod: Object, _node: Object) -> Object:
    """The new amounts are in force."""
    status = _changed(pod, (PROGRESS,))
    for container in status.get("containerStatuses") or ():
        resources = clone(_wanted(pod)[container["name"]].get("resources") or {})
        container["resources"] = resources
        container.pop("allocatedResources", None)
        if resources.get("requests"):
            container["allocatedResources"] = clone(resources["requests"])
    return status


def refuse(pod: Object, _node: Object) -> Object:
    """The node has no room, now or ever."""
    why = annotations_of(pod)[ANNOTATION]
    condition = {"type": PENDING, "reason": why.title(), "message": f"test bed: {why}"}
    return _changed(pod, (), condition)


def error(pod: Object, _node: Object) -> Object:
    """It went wrong on the way."""
    text = "test bed: memory limit below use"
    return _changed(pod, (), {"type": PROGRESS, "reason": "Error", "message": text})


def observe(pod: Object, _node: Object) -> Object:
    """A change that is no resize is seen."""
    status = _changed(pod, ())
    for container in status.get("containerStatuses") or ():
        container["image"] = _wanted(pod)[container["name"]]["image"]
    return status


MAKES: dict[str, Callable[[Object, Object], Object]] = {
    "begin": begin,
    "done": done,
    "refuse": refuse,
    "error": error,
    "observe": observe,
}
