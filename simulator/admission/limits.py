"""Plugin LimitRanger: defaults of requests and limits, bounds and ratios."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator.admission.attempt import Attempt
from simulator.api import errors
from simulator.kinds.quantity import form_of, parse, spell
from simulator.objects import Object
from simulator.store.store import Store

ANNOTATION = "kubernetes.io/limit-ranger"


def _items(store: Store, namespace: str, kind: str) -> Iterator[Object]:
    for stored in store.ordered("limitranges", namespace):
        for item in stored.obj["spec"].get("limits") or ():
            if item.get("type") == kind:
                yield item


def set_defaults(store: Store, attempt: Attempt) -> None:
    """Give containers what they do not ask for, and note it on the pod."""
    pod = attempt.obj or {}
    notes: list[str] = []
    for item in _items(store, attempt.namespace, "Container"):
        for part, prefix in (("containers", "container"), ("initContainers", "init container")):
            for container in pod["spec"].get(part) or ():
                notes += _fill(container, prefix, item)
    if notes:
        text = "LimitRanger plugin set: " + "; ".join(notes)
        pod["metadata"].setdefault("annotations", {})[ANNOTATION] = text


def _fill(container: Object, prefix: str, item: Object) -> list[str]:
    resources = container.setdefault("resources", {})
    notes = []
    for part, source, word in (
        ("requests", "defaultRequest", "request"),
        ("limits", "default", "limit"),
    ):
        wanted = item.get(source) or {}
        amounts = resources.get(part) or {}
        missing = sorted(key for key in wanted if key not in amounts)
        if missing:
            resources[part] = {**amounts, **{key: wanted[key] for key in missing}}
            notes.append(f"{', '.join(missing)} {word} for {prefix} {container.get('name', '')}")
    return notes


def check(store: Store, attempt: Attempt) -> None:
    """Refuse a pod whose containers, or whose sum, is out of bounds."""
    if attempt.operation == "UPDATE" and attempt.part != "resize":
        return
    if attempt.part not in ("", "resize") or attempt.obj is None:
        return
    pod = attempt.obj or {}
    found: list[str] = []
    containers = [
        *(pod["spec"].get("containers") or ()),
        *(pod["spec"].get("initContainers") or ()),
    ]
    for item in _items(store, attempt.namespace, "Container"):
        for container in containers:
            resources = container.get("resources") or {}
            requests = {k: (parse(v), v) for k, v in (resources.get("requests") or {}).items()}
            limits = {k: (parse(v), v) for k, v in (resources.get("limits") or {}).items()}
            found += _bounds(item, "Container", requests, limits)
    for item in _items(store, attempt.namespace, "Pod"):
        found += _bounds(item, "Pod", _sum(pod, "requests"), _sum(pod, "limits"))
    if found:
        why = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
        raise errors.forbidden(attempt.kind, attempt.name, why)


Amounts = dict[str, tuple[Decimal, str]]


def _sum(pod: Object, part: str) -> Amounts:
    totals: dict[str, Decimal] = {}
    forms: dict[str, str] = {}
    for container in pod["spec"].get("containers") or ():
        for key, amount in ((container.get("resources") or {}).get(part) or {}).items():
            totals[key] = totals.get(key, Decimal(0)) + parse(amount)
            forms.setdefault(key, form_of(amount))
    return {key: (value, spell(value, forms[key])) for key, value in totals.items()}


def _bounds(item: Object, kind: str, requests: Amounts, limits: Amounts) -> list[str]:
    out = []
    for key, low in (item.get("min") or {}).items():
        head = f"minimum {key} usage per {kind} is {low}"
        out += _below(head, parse(low), requests.get(key), limits.get(key))
    for key, high in sorted(
        (item.get("max") or {}).items(), key=lambda pair: pair[0], reverse=True
    ):
        head = f"maximum {key} usage per {kind} is {high}"
        out += _above(head, parse(high), requests.get(key), limits.get(key))
    for key, ratio in (item.get("maxLimitRequestRatio") or {}).items():
        head = f"{key} max limit to request ratio per {kind} is {ratio}"
        request, limit = requests.get(key), limits.get(key)
        if request is None or request[0] == 0:
            out.append(f"{head}, but no request is specified or request is 0")
        elif limit is None or limit[0] == 0:
            out.append(f"{head}, but no limit is specified or limit is 0")
        elif limit[0] / request[0] > parse(ratio):
            out.append(f"{head}, but provided ratio is {limit[0] / request[0]:.6f}")
    return out


def _below(
    head: str, low: Decimal, request: tuple[Decimal, str] | None, limit: tuple[Decimal, str] | None
) -> list[str]:
    if request is None:
        return [f"{head}.  No request is specified"]
    if request[0] < low:
        return [f"{head}, but request is {request[1]}"]
    if limit is not None and limit[0] < low:
        return [f"{head}, but limit is {limit[1]}"]
    return []


def _above(
    head: str, high: Decimal, request: tuple[Decimal, str] | None, limit: tuple[Decimal, str] | None
) -> list[str]:
    if limit is None:
        return [f"{head}.  No limit is specified"]
    if limit[0] > high:
        return [f"{head}, but limit is {limit[1]}"]
    if request is not None and request[0] > high:
        return [f"{head}, but request is {request[1]}"]
    return []
