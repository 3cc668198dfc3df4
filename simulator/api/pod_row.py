"""A pod as the row that kubectl prints."""

from __future__ import annotations

from typing import Any

from simulator.api.ages import age
from simulator.objects import Object, condition_of


def pod_row(obj: Object, ago: str) -> list[Any]:
    """What stands in the columns of a pod."""
    from_status = obj.get("status") or {}
    statuses = from_status.get("containerStatuses") or ()
    total = len(obj["spec"].get("containers") or ())
    ready = sum(bool(s.get("ready")) for s in statuses)
    restarts = sum(s.get("restartCount", 0) for s in statuses)
    last = max(
        (
            str(s["lastState"]["terminated"].get("finishedAt", ""))
            for s in statuses
            if (s.get("lastState") or {}).get("terminated")
        ),
        default="",
    )
    times = f"{restarts} ({age(last)} ago)" if restarts and last else str(restarts)
    node = obj["spec"].get("nodeName") or "<none>"
    place = from_status.get("podIP") or "<none>"
    nominated = from_status.get("nominatedNodeName") or "<none>"
    return [
        obj["metadata"]["name"], f"{ready}/{total}", pod_state(obj), times, ago, place, node,
        nominated, "<none>",
    ]  # fmt: skip


def pod_state(obj: Object) -> str:
    """The one word that kubectl has for a pod."""
    status = obj.get("status") or {}
    state = str(status.get("reason") or status.get("phase", ""))
    scheduled = condition_of(obj, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "SchedulingGated":
        state = "SchedulingGated"
    running = False
    for container in reversed(status.get("containerStatuses") or ()):
        now = container.get("state") or {}
        if (now.get("waiting") or {}).get("reason"):
            state = now["waiting"]["reason"]
        elif "terminated" in now:
            ended = now["terminated"]
            state = ended.get("reason") or f"ExitCode:{ended.get('exitCode', 0)}"
        elif container.get("ready") and "running" in now:
            running = True
    if state == "Completed" and running:
        ready = condition_of(obj, "Ready")
        state = "Running" if ready and ready["status"] == "True" else "NotReady"
    if obj["metadata"].get("deletionTimestamp"):
        state = "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return state
