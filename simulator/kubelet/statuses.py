"""Statuses of pods as kubelets write them: pure."""

from __future__ import annotations

import ipaddress
import zlib

from simulator.kubelet.command import exit_code
from simulator.objects import Object, annotations_of, clone, now_text

State = Object
PREFIX = "testbed.berth.dev/"
NETWORK = int(ipaddress.ip_address("10.0.0.0"))


def waiting_reason(pod: Object) -> str:
    """Why the first container waits, empty where it does not."""
    found = (pod.get("status") or {}).get("containerStatuses") or [{}]
    return str(((found[0].get("state") or {}).get("waiting") or {}).get("reason", ""))


def _conditions(status: Object, *, ready: bool, reason: str) -> None:
    wanted = [("Initialized", "True", "")]
    value = "True" if ready else "False"
    wanted += [(kind, value, reason) for kind in ("Ready", "ContainersReady")]
    before = {c["type"]: c for c in status.get("conditions") or ()}
    out = []
    for kind, state, why in wanted:
        old = before.pop(kind, None)
        moment = now_text()
        if old is not None and old["status"] == state:
            moment = old["lastTransitionTime"]
        made = {"type": kind, "status": state, "lastProbeTime": None, "lastTransitionTime": moment}
        out.append(made | ({"reason": why} if why else {}))
    status["conditions"] = out + list(before.values())


def _containers(
    pod: Object,
    status: Object,
    state: State,
    *,
    ready: bool,
    restarts: int,
    last: State | None = None,
) -> None:
    old = {c["name"]: c for c in status.get("containerStatuses") or ()}
    out = []
    for container in pod["spec"]["containers"]:
        before = old.get(container["name"], {})
        resources = clone(container.get("resources") or {})
        made: Object = {
            "name": container["name"],
            "state": clone(state),
            "lastState": last or before.get("lastState") or {},
            "ready": ready,
            "restartCount": restarts,
            "image": container["image"],
            "imageID": f"kwok://{container['image']}",
            "started": "running" in state,
            "resources": resources,
        }
        if resources.get("requests"):
            made["allocatedResources"] = clone(resources["requests"])
        out.append(made)
    status["containerStatuses"] = out


def _observed(pod: Object, status: Object) -> None:
    if "generation" in pod["metadata"]:
        status["observedGeneration"] = pod["metadata"]["generation"]


def creating(pod: Object, _node: Object) -> Object:
    """Bound, its containers being made."""
    status: Object = clone(pod["status"])
    state = {"waiting": {"reason": "ContainerCreating"}}
    _observed(pod, status)
    _conditions(status, ready=False, reason="ContainersNotReady")
    _containers(pod, status, state, ready=False, restarts=0)
    return status


def started(pod: Object, node: Object) -> Object:
    """Running, and ready unless it is told not to be."""
    status: Object = clone(pod["status"])
    moment = now_text()
    ready = annotations_of(pod).get(f"{PREFIX}fault") != "not-ready"
    status |= {"phase": "Running", "startTime": moment}
    _observed(pod, status)
    _conditions(status, ready=ready, reason="" if ready else "ContainersNotReady")
    state = {"running": {"startedAt": moment}}
    _containers(pod, status, state, ready=ready, restarts=0)
    _inits(pod, status, moment)
    places = (node.get("status") or {}).get("addresses") or ()
    host = next((p["address"] for p in places if p["type"] == "InternalIP"), "")
    if host:
        status |= {"hostIP": host, "hostIPs": [{"ip": host}]}
    own = host if pod["spec"].get("hostNetwork") else _address(pod)
    status |= {"podIP": own, "podIPs": [{"ip": own}]}
    return status


def _inits(pod: Object, status: Object, moment: str) -> None:
    out = []
    for container in pod["spec"].get("initContainers") or ():
        stays = container.get("restartPolicy") == "Always"
        ended = {"startedAt": moment, "finishedAt": moment, "exitCode": 0, "reason": "Completed"}
        state = {"running": {"startedAt": moment}} if stays else {"terminated": ended}
        made: Object = {
            "name": container["name"],
            "state": state,
            "lastState": {},
            "ready": True,
            "restartCount": 0,
            "image": container["image"],
            "imageID": f"kwok://{container['image']}",
            "started": stays,
            "resources": clone(container.get("resources") or {}),
        }
        out.append(made)
    if out:
        status["initContainerStatuses"] = out


def _address(pod: Object) -> str:
    number = zlib.crc32(pod["metadata"]["uid"].encode()) % (2**24 - 2) + 1
    return str(ipaddress.ip_address(NETWORK + number))


def readiness(pod: Object, _node: Object) -> Object:
    """Ready or not, as the annotation says."""
    status: Object = clone(pod["status"])
    ready = annotations_of(pod).get(f"{PREFIX}fault") != "not-ready"
    _conditions(status, ready=ready, reason="" if ready else "ContainersNotReady")
    for container in status.get("containerStatuses") or ():
        container["ready"] = ready
    return status


def _waiting(pod: Object, reason: str, message: str) -> Object:
    status: Object = clone(pod["status"])
    state = {"waiting": {"reason": reason, "message": message}}
    _observed(pod, status)
    _conditions(status, ready=False, reason="ContainersNotReady")
    _containers(pod, status, state, ready=False, restarts=0)
    return status


def image_error(pod: Object, _node: Object) -> Object:
    """The image could not be pulled."""
    return _waiting(pod, "ErrImagePull", "failed to pull and unpack image: not found")


def image_backoff(pod: Object, _node: Object) -> Object:
    """The image is not tried again for a while."""
    return _waiting(pod, "ImagePullBackOff", "Back-off pulling image")


def _ended(pod: Object, code: int) -> State:
    moment = now_text()
    return {
        "terminated": {
            "exitCode": code,
            "reason": "Completed" if code == 0 else "Error",
            "startedAt": pod["status"].get("startTime", moment),
            "finishedAt": moment,
        }
    }


def _final(pod: Object, phase: str, reason: str, code: int) -> Object:
    status: Object = clone(pod["status"])
    status["phase"] = phase
    _conditions(status, ready=False, reason=reason)
    _containers(pod, status, _ended(pod, code), ready=False, restarts=0)
    return status


def succeeded(pod: Object, _node: Object) -> Object:
    """Came to a good end."""
    return _final(pod, "Succeeded", "PodCompleted", 0)


def failed(pod: Object, _node: Object) -> Object:
    """Came to a bad end."""
    return _final(pod, "Failed", "PodFailed", exit_code(pod))


def terminated(pod: Object, _node: Object) -> Object:
    """Was told to end."""
    return _final(pod, "Failed", "PodFailed", 143)


def crashed(pod: Object, _node: Object) -> Object:
    """Ended where it should run, and is not started again for a while."""
    status: Object = clone(pod["status"])
    text = "back-off restarting failed container"
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": text}}
    _conditions(status, ready=False, reason="ContainersNotReady")
    last = _ended(pod, exit_code(pod))
    _containers(pod, status, state, ready=False, restarts=1, last=last)
    return status
