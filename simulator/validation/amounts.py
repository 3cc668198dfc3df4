"""Amounts: what containers ask for, what quotas and limit ranges allow."""

from __future__ import annotations

from typing import Any

from simulator.api.errors import Causes
from simulator.kinds.quantity import parse
from simulator.objects import Object
from simulator.validation.names import key_problems

PLAIN = {"cpu", "memory", "ephemeral-storage", "storage"}
QUOTA_KEYS = {
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
    "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    "pods", "services", "services.loadbalancers", "services.nodeports", "configmaps", "secrets",
    "persistentvolumeclaims", "replicationcontrollers", "resourcequotas",
}  # fmt: skip
COUNTED = {
    "pods", "services", "services.loadbalancers", "services.nodeports", "configmaps", "secrets",
    "persistentvolumeclaims", "replicationcontrollers", "resourcequotas",
}  # fmt: skip
NEGATIVE = "must be greater than or equal to 0"
WHOLE = "must be an integer"
HUGE = "hugepages-"


def amounts_validate(container: Object, path: str, causes: Causes) -> None:
    """Check requests and limits of a container's resources."""
    requests, limits = container.get("requests") or {}, container.get("limits") or {}
    for key, amount in sorted(limits.items()):
        _amount(key, amount, f"{path}.limits[{key}]", causes)
    for key, amount in sorted(requests.items()):
        _amount(key, amount, f"{path}.requests[{key}]", causes)
        _against_limit(key, amount, limits, path, causes)
        _huge(key, amount, f"{path}.requests[{key}]", causes)
    named = requests.keys() | limits.keys()
    if any(key.startswith(HUGE) for key in named) and not named & {"cpu", "memory"}:
        causes.forbidden(path, "HugePages require cpu or memory")


def _against_limit(key: str, amount: str, limits: Object, path: str, causes: Causes) -> None:
    strict = key.startswith(HUGE) or ("/" in key and not key.startswith("kubernetes.io/"))
    if key not in limits:
        if strict:
            causes.required(f"{path}.limits", "Limit must be set for non overcommitable resources")
    elif strict and parse(amount) != parse(limits[key]):
        causes.invalid(f"{path}.requests", amount, f"must be equal to {key} limit of {limits[key]}")
    elif parse(amount) > parse(limits[key]):
        why = f"must be less than or equal to {key} limit of {limits[key]}"
        causes.invalid(f"{path}.requests", amount, why)


def _amount(key: str, amount: str, path: str, causes: Causes) -> None:
    for why in key_problems(key):
        causes.invalid(path, key, why)
    if "/" not in key and key not in PLAIN and not key.startswith(HUGE):
        if key not in QUOTA_KEYS:
            causes.invalid(path, key, "must be a standard resource type or fully qualified")
        causes.invalid(path, key, "must be a standard resource for containers")
    quantity_validate(key, amount, path, causes)
    if path.endswith(f".limits[{key}]"):
        _huge(key, amount, path, causes)


def _huge(key: str, amount: str, path: str, causes: Causes) -> None:
    size = key.removeprefix(HUGE)
    if size != key and (parse(amount) <= 0 or parse(amount) % parse(size)):
        causes.invalid(path, amount, f"{amount} is not positive integer multiple of {key}")


def quantity_validate(key: str, amount: str, path: str, causes: Causes) -> None:
    """Check that an amount is none below zero, and whole where things are counted."""
    if parse(amount) < 0:
        causes.invalid(path, amount, NEGATIVE)
    extended = "/" in key and not key.startswith("requests.")
    if (key in COUNTED or extended) and parse(amount) % 1:
        causes.invalid(path, amount, WHOLE)


def quota_validate(spec: Object, causes: Causes) -> None:
    """Check what a ResourceQuota allows."""
    for key, amount in sorted((spec.get("hard") or {}).items()):
        path = f"spec.hard[{key}]"
        for why in key_problems(key):
            causes.invalid(path, key, why)
        huge = key.removeprefix("requests.").startswith(HUGE)
        if "/" not in key and key not in QUOTA_KEYS and not huge:
            if not key_problems(key):
                causes.invalid(path, key, "must be a standard resource type or fully qualified")
            causes.invalid(path, key, "must be a standard resource for quota")
        quantity_validate(key, amount, path, causes)


def limit_range_validate(spec: Object, causes: Causes) -> None:
    """Check the bounds of a LimitRange."""
    seen: set[str] = set()
    for index, item in enumerate(spec.get("limits") or ()):
        path, kind = f"spec.limits[{index}]", item.get("type", "")
        for why in key_problems(kind):
            causes.invalid(f"{path}.type", kind, why)
        if kind and "/" not in kind and kind not in ("Pod", "Container", "PersistentVolumeClaim"):
            why = "must be a standard limit type or fully qualified"
            causes.invalid(f"{path}.type", kind, why)
        if kind in seen:
            causes.duplicate(f"{path}.type", kind)
        seen.add(kind)
        _limit_item(item, kind, path, causes)


def _limit_item(item: Object, kind: str, path: str, causes: Causes) -> None:
    parts: dict[str, Any] = {
        name: item.get(name) or {}
        for name in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
    }
    for name in ("max", "min"):
        _limit_names(parts[name], f"{path}.{name}", causes)
    if kind == "Pod":
        for name in ("default", "defaultRequest"):
            if parts[name]:
                causes.forbidden(f"{path}.{name}", "may not be specified when `type` is 'Pod'")
    else:
        for name in ("default", "defaultRequest"):
            _limit_names(parts[name], f"{path}.{name}", causes)
    if kind == "PersistentVolumeClaim" and not parts["max"] and not parts["min"]:
        why = "either minimum or maximum storage value is required, but neither was provided"
        causes.required(f"{path}.limits", why)
    _limit_names(parts["maxLimitRequestRatio"], f"{path}.maxLimitRequestRatio", causes)
    for key in sorted({key for part in parts.values() for key in part}):
        _bounds(key, path, parts, causes)
        _ratio(key, path, parts, causes)


def _limit_names(amounts: Object, path: str, causes: Causes) -> None:
    for key in sorted(amounts):
        if "/" not in key and key not in PLAIN and not key.startswith(HUGE):
            why = "must be a standard resource type or fully qualified"
            causes.invalid(f"{path}[{key}]", key, why)
            causes.invalid(f"{path}[{key}]", key, "must be a standard resource for containers")


def _bounds(key: str, path: str, parts: dict[str, Any], causes: Causes) -> None:
    low, high, request = parts["min"].get(key), parts["max"].get(key), "default request value"
    asked, most = parts["defaultRequest"].get(key), parts["default"].get(key)

    def above(one: str | None, other: str | None) -> bool:
        return one is not None and other is not None and parse(one) > parse(other)

    def say(name: str, value: Any, why: str) -> None:
        causes.invalid(f"{path}.{name}[{key}]", value, why)

    if above(low, high):
        say("min", low, f"min value {low} is greater than max value {high}")
    if above(low, asked):
        say("defaultRequest", asked, f"min value {low} is greater than {request} {asked}")
    if above(asked, high):
        say("defaultRequest", asked, f"{request} {asked} is greater than max value {high}")
    if above(asked, most):
        why = f"{request} {asked} is greater than default limit value {most}"
        say("defaultRequest", asked, why)
    if above(low, most):
        say("default", low, f"min value {low} is greater than default value {most}")
    if above(most, high):
        say("default", high, f"default value {most} is greater than max value {high}")
    if "/" in key and asked is not None and most is not None and parse(asked) != parse(most):
        why = f"default value {most} must equal to defaultRequest value {asked} in {key}"
        say("defaultRequest", asked, why)


def _ratio(key: str, path: str, parts: dict[str, Any], causes: Causes) -> None:
    ratio = parts["maxLimitRequestRatio"].get(key)
    if ratio is None:
        return
    here = f"{path}.maxLimitRequestRatio[{key}]"
    if parse(ratio) < 1:
        causes.invalid(here, ratio, f"ratio {ratio} is less than 1")
    low, high = parts["min"].get(key), parts["max"].get(key)
    if (
        low is not None
        and high is not None
        and parse(low)
        and parse(ratio) > parse(high) / parse(low)
    ):
        most = parse(high) / parse(low)
        causes.invalid(here, ratio, f"ratio {ratio} is greater than max/min = {most:.6f}")
