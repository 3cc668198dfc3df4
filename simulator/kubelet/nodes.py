"""The status that a kubelet gives its node."""

from __future__ import annotations

from simulator.objects import Object, clone, now_text

VERSION = "kwok-0.8.0"
FINE = (
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ("MemoryPressure", "False", "KubeletHasSufficientMemory",
     "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID",
     "kubelet has sufficient PID available"),
    ("NetworkUnavailable", "False", "RouteCreated", "RouteController created a route"),
)  # fmt: skip


def node_status(node: Object) -> Object:
    """The status of a node that is well; what stands there already stays."""
    status = clone(node.get("status") or {})
    status["phase"] = "Running"
    before = {c["type"]: c for c in status.get("conditions") or ()}
    conditions = []
    for kind, value, reason, message in FINE:
        old = before.pop(kind, None)
        if old is not None and old["status"] == value:
            conditions.append(old)
            continue
        moment = now_text()
        conditions.append(
            {
                "type": kind,
                "status": value,
                "lastHeartbeatTime": moment,
                "lastTransitionTime": moment,
                "reason": reason,
                "message": message,
            }
        )
    status["conditions"] = conditions + list(before.values())
    info = status.setdefault("nodeInfo", {})
    for name, text in (
        ("architecture", "amd64"),
        ("containerRuntimeVersion", VERSION),
        ("kernelVersion", VERSION),
        ("kubeProxyVersion", VERSION),
        ("kubeletVersion", VERSION),
        ("operatingSystem", "linux"),
    ):
        info[name] = info.get(name) or text
    return status
