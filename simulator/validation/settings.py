"""ConfigMaps, Secrets, nodes, priorities, events: what is small of its kind."""

from __future__ import annotations

import base64
import json

from simulator.api.errors import Causes
from simulator.objects import Object
from simulator.validation.amounts import quantity_validate
from simulator.validation.metadata import UNQUALIFIED
from simulator.validation.names import config_key_problems, key_problems, value_problems
from simulator.validation.networks import range_validate

MOST_BYTES = 1024 * 1024
EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
NEEDED = {
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
JSON_KEYS = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}
MOST_PRIORITY = 1_000_000_000
SYSTEM_PRIORITIES = {
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}


def config_map_validate(obj: Object, causes: Causes) -> None:
    """Check keys and size of a ConfigMap."""
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    size = 0
    for key, text in sorted(data.items()):
        _key(key, "data", causes)
        if key in binary:
            causes.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
        size += len(text.encode())
    for key, text in sorted(binary.items()):
        _key(key, "binaryData", causes)
        size += len(text) * 3 // 4
    if size > MOST_BYTES:
        causes.too_long("[]", MOST_BYTES)


def _key(key: str, part: str, causes: Causes) -> None:
    for why in config_key_problems(key):
        causes.invalid(f"{part}[{key}]", key, why)


def secret_validate(obj: Object, causes: Causes) -> None:
    """Check keys and size of a Secret, and what its type asks for."""
    data = obj.get("data") or {}
    for key in sorted(data):
        _key(key, "data", causes)
    if sum(len(base64.b64decode(text)) for text in data.values()) > MOST_BYTES:
        causes.too_long("data", MOST_BYTES)
    kind = obj.get("type", "")
    for key in NEEDED.get(kind, ()):
        if key not in data:
            causes.required(f"data[{key}]")
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & data.keys():
        causes.required("data[username]")
        causes.required("data[password]")
    if kind in JSON_KEYS:
        _json(data.get(JSON_KEYS[kind]), f"data[{JSON_KEYS[kind]}]", causes)


def _json(text: str | None, path: str, causes: Causes) -> None:
    if text is None:
        causes.required(path)
        return
    try:
        json.loads(base64.b64decode(text))
    except ValueError as problem:
        causes.invalid(path, "<secret contents redacted>", str(problem))


def node_validate(obj: Object, causes: Causes) -> None:
    """Check taints and amounts of a node."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(spec.get("taints") or ()):
        _taint(taint, seen, f"metadata.taints[{index}]", causes)
    for part in ("capacity", "allocatable"):
        for key, amount in sorted((status.get(part) or {}).items()):
            quantity_validate(key, amount, f"status.{part}.{key}", causes)
    for text in (spec.get("podCIDR"), *(spec.get("podCIDRs") or ())):
        if text:
            range_validate(text, "spec.podCIDRs[0]", causes)


def _taint(taint: Object, seen: set[tuple[str, str]], path: str, causes: Causes) -> None:
    key, value, effect = (taint.get(name, "") for name in ("key", "value", "effect"))
    for why in key_problems(key):
        causes.invalid(f"{path}.key", key, why)
    for why in value_problems(value):
        causes.invalid(f"{path}.value", value, why)
    if not effect:
        causes.required(f"{path}.effect")
    elif effect not in EFFECTS:
        causes.unsupported(f"{path}.effect", effect, EFFECTS)
    if (key, effect) in seen:
        causes.duplicate(path, {"Key": key, "Value": value, "Effect": effect, "TimeAdded": None})
        causes.found[-1].message += ": taints must be unique by key and effect pair"
    seen.add((key, effect))


def priority_class_validate(obj: Object, causes: Causes) -> None:
    """Check a priority: the highest ones are the system's."""
    name, value = obj["metadata"].get("name", ""), obj.get("value", 0)
    if name.startswith("system-"):
        if SYSTEM_PRIORITIES.get(name) != value:
            why = (
                "priority class names with 'system-' prefix are reserved for system use only."
                f" error: {name} is not a known system priority class"
            )
            causes.forbidden("metadata.name", why)
    elif value > MOST_PRIORITY:
        why = f"maximum allowed value of a user defined priority is {MOST_PRIORITY}"
        causes.forbidden("value", why)
    policy = obj.get("preemptionPolicy")
    if policy not in ("PreemptLowerPriority", "Never"):
        causes.unsupported("preemptionPolicy", policy, ["PreemptLowerPriority", "Never"])


def event_validate(obj: Object, causes: Causes) -> None:
    """Check that an event lies where its object does."""
    if not obj["metadata"].get("name"):
        causes.required("metadata.name", "name or generateName is required")
    own = obj["metadata"].get("namespace", "")
    meant = (obj.get("involvedObject") or {}).get("namespace", "")
    if own != (meant or "default"):
        causes.invalid("involvedObject.namespace", meant, "does not match event.namespace")


def namespace_validate(obj: Object, causes: Causes) -> None:
    """Check the finalizers of a namespace."""
    for name in (obj.get("spec") or {}).get("finalizers") or ():
        for why in key_problems(name):
            causes.invalid("spec.finalizers", name, why)
        if "/" not in name and name not in ("kubernetes", "orphan", "foregroundDeletion"):
            causes.invalid("spec.finalizers", name, UNQUALIFIED)


def revision_validate(obj: Object, causes: Causes) -> None:
    """Check a ControllerRevision."""
    if obj.get("revision", 0) < 0:
        causes.invalid("revision", obj["revision"], "must be greater than or equal to 0")
    if obj.get("data") is None:
        causes.required("data", "data is mandatory")
    elif not isinstance(obj["data"], dict):
        causes.required("data", "data must be a valid JSON object")
