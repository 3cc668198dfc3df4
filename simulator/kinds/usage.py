"""What objects count for in a ResourceQuota (k8s.io/kubernetes/pkg/quota/v1/evaluator/core)."""

from __future__ import annotations

from decimal import Decimal

from simulator.kinds.quantity import form_of, parse, spell
from simulator.kinds.registry import Kind
from simulator.objects import Object

Usage = dict[str, tuple[Decimal, str]]
PLAIN = ("cpu", "memory", "ephemeral-storage")
COUNTED = {"configmaps", "secrets", "resourcequotas", "services", "persistentvolumeclaims"}
MUST_NAME = {
    "cpu": ("requests", "cpu"),
    "memory": ("requests", "memory"),
    "requests.cpu": ("requests", "cpu"),
    "requests.memory": ("requests", "memory"),
    "limits.cpu": ("limits", "cpu"),
    "limits.memory": ("limits", "memory"),
}
ENDED = ("Succeeded", "Failed")


def text_of(usage: Usage, key: str) -> str:
    """An amount in the format it came in."""
    value, form = usage[key]
    return spell(value, form)


def add(one: Usage, other: Usage) -> Usage:
    """The sum of two usages; a zero takes the other's format."""
    out = dict(one)
    for key, (value, form) in other.items():
        before = out.get(key)
        if before is None or before[0] == 0:
            out[key] = (value, form)
        else:
            out[key] = (before[0] + value, before[1])
    return out


def read(amounts: dict[str, str]) -> Usage:
    """Amounts as they stand in a status."""
    return {key: (parse(text), form_of(text)) for key, text in amounts.items()}


def usage_of(kind: Kind, obj: Object) -> Usage:
    """What one object counts for, by every key that a quota may have."""
    one = (Decimal(1), "")
    name = kind.qualified
    out: Usage = {f"count/{name}": one}
    if kind.resource in COUNTED and not kind.group:
        out[kind.resource] = one
    if kind.name != "Pod":
        return out
    if (obj.get("status") or {}).get("phase") in ENDED:
        return {f"count/{name}": one}
    out["pods"] = one
    for part in ("requests", "limits"):
        for key, amount in pod_amounts(obj, part).items():
            if key in PLAIN or part == "requests":
                out[f"{part}.{key}"] = amount
            if part == "requests" and key in PLAIN:
                out[key] = amount
    return out


def pod_amounts(pod: Object, part: str) -> Usage:
    """The pod's sum of requests or limits as the scheduler counts: containers and sidecars add up,
    an ordinary init container runs alone beside the sidecars before it."""
    spec = pod["spec"]
    total: Usage = {}
    for container in spec.get("containers") or ():
        total = add(total, read((container.get("resources") or {}).get(part) or {}))
    sidecars: Usage = {}
    peak: Usage = {}
    for container in spec.get("initContainers") or ():
        own = read((container.get("resources") or {}).get(part) or {})
        if container.get("restartPolicy") == "Always":
            sidecars = add(sidecars, own)
            total = add(total, own)
            peak = _most(peak, sidecars)
        else:
            peak = _most(peak, add(sidecars, own))
    total = _most(total, peak)
    if part == "requests" or spec.get("overhead"):
        total = add(total, read(spec.get("overhead") or {}))
    return total


def _most(one: Usage, other: Usage) -> Usage:
    out = dict(one)
    for key, amount in other.items():
        if key not in out or amount[0] > out[key][0]:
            out[key] = amount
    return out


def unnamed(pod: Object, keys: set[str]) -> list[str]:
    """Which containers do not name what a quota counts: "limits.memory for: main"."""
    out = []
    spec = pod["spec"]
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    for key in sorted(keys & MUST_NAME.keys()):
        part, resource = MUST_NAME[key]
        missing = [
            c["name"]
            for c in containers
            if resource not in ((c.get("resources") or {}).get(part) or {})
        ]
        if missing:
            out.append(f"{key} for: {','.join(missing)}")
    return out
