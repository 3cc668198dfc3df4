"""Whether a pod fits a node, and in which words it does not (kube-scheduler's filter plugins)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from simulator.api.selectors import expression_holds
from simulator.kinds.quantity import parse
from simulator.kinds.usage import pod_amounts
from simulator.objects import Object

Amounts = dict[str, Decimal]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
AFFINITY = "node(s) didn't match Pod's node affinity/selector"
PREFILTER = "node(s) didn't satisfy plugin(s) [NodeAffinity]"
UNSCHEDULABLE = "node(s) were unschedulable"
NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"


def requests_of(pod: Object) -> Amounts:
    """What the scheduler counts for a pod, with the pod itself under "pods"."""
    found = {key: value for key, (value, _form) in pod_amounts(pod, "requests").items()}
    return found | {"pods": Decimal(1)}


def room_of(node: Object) -> Amounts:
    """What a node has to give."""
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    return dict(_room(tuple(allocatable.items())))


@lru_cache(maxsize=1024)
def _room(amounts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, Decimal], ...]:
    return tuple((key, parse(amount)) for key, amount in amounts)


def pinned_to(pod: Object) -> set[str] | None:
    """The nodes that a pod names in every one of its affinity terms; None where it is free."""
    terms = _terms(pod)
    if not terms:
        return None
    names: set[str] = set()
    for term in terms:
        fields = [f for f in term.get("matchFields") or () if f["operator"] == "In"]
        if not fields:
            return None
        names |= set.intersection(*(set(field["values"]) for field in fields))
    return names


def _terms(pod: Object) -> list[Object]:
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    found: list[Object] = (affinity.get(REQUIRED) or {}).get("nodeSelectorTerms") or []
    return found


def affinity_fits(pod: Object, name: str, labels: Mapping[str, str]) -> bool:
    """Node selector and required affinity."""
    selector = pod["spec"].get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in selector.items()):
        return False
    terms = _terms(pod)
    return not terms or any(_term_fits(term, name, labels) for term in terms)


def _term_fits(term: Object, name: str, labels: Mapping[str, str]) -> bool:
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    own = {"metadata.name": name}
    return all(expression_holds(e, labels) for e in expressions) and all(
        expression_holds(f, own) for f in fields
    )


def untolerated(pod: Object, node: Object) -> Object | None:
    """The first taint that keeps a pod away."""
    tolerations = pod["spec"].get("tolerations") or ()
    for taint in (node.get("spec") or {}).get("taints") or ():
        if taint["effect"] in ("NoSchedule", "NoExecute") and not any(
            tolerates(toleration, taint) for toleration in tolerations
        ):
            found: Object = taint
            return found
    return None


def tolerates(toleration: Object, taint: Object) -> bool:
    """Whether one toleration takes one taint."""
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    same = toleration.get("value", "") == taint.get("value", "")
    return same and bool(toleration.get("key") == taint["key"])


def refusals(pod: Object, node: Object, wanted: Amounts, used: Amounts) -> tuple[list[str], bool]:
    """Why a node does not take a pod, and whether another pod's end could help."""
    name, labels = node["metadata"]["name"], node["metadata"].get("labels") or {}
    if (node.get("spec") or {}).get("unschedulable") and not any(
        tolerates(t, {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})
        for t in pod["spec"].get("tolerations") or ()
    ):
        return [UNSCHEDULABLE], False
    taint = untolerated(pod, node)
    if taint is not None:
        value = f": {taint['value']}" if taint.get("value") else ""
        return [f"node(s) had untolerated taint(s) {{{taint['key']}{value}}}"], False
    if not affinity_fits(pod, name, labels):
        return [AFFINITY], False
    room = room_of(node)
    short, hopeless = [], False
    for key, amount in sorted(wanted.items()):
        if not amount:
            continue
        if amount > room.get(key, Decimal(0)) - used.get(key, Decimal(0)):
            short.append("Too many pods" if key == "pods" else f"Insufficient {key}")
            hopeless = hopeless or amount > room.get(key, Decimal(0))
    return short, bool(short) and not hopeless


def explain(total: int, reasons: Counter[str], helped: Counter[bool]) -> str:
    """The message of a pod that fits nowhere."""
    parts = sorted(f"{count} {reason}" for reason, count in reasons.items())
    head = f"0/{total} nodes are available"
    if not total:
        return "no nodes available to schedule pods"
    words = {False: NOT_HELPFUL, True: NO_VICTIMS}
    tail = sorted(f"{count} {words[could]}" for could, count in helped.items() if count)
    return f"{head}: {', '.join(parts)}. preemption: {head}: {', '.join(tail)}."
