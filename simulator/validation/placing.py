"""Where a pod may stand: affinity, tolerations, spread."""

from __future__ import annotations

from simulator.api.errors import Causes
from simulator.objects import Object
from simulator.validation.names import (
    key_problems,
    label_problems,
    selector_validate,
    subdomain_problems,
    value_problems,
)

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
WEIGHT = "must be in the range 1-100"
BAD_OPERATOR = "not a valid selector operator"


def affinity_validate(spec: Object, path: str, causes: Causes) -> None:
    """Check the affinity of a pod to nodes and to other pods."""
    affinity = spec.get("affinity") or {}
    node, here = affinity.get("nodeAffinity") or {}, f"{path}.affinity.nodeAffinity"
    if node.get(REQUIRED) is not None:
        terms, place = node[REQUIRED].get("nodeSelectorTerms") or (), f"{here}.{REQUIRED}"
        if not terms:
            why = "must have at least one node selector term"
            causes.required(f"{place}.nodeSelectorTerms", why)
        for index, term in enumerate(terms):
            _node_term(term, f"{place}.nodeSelectorTerms[{index}]", causes)
    for index, wish in enumerate(node.get(PREFERRED) or ()):
        place = f"{here}.{PREFERRED}[{index}]"
        _weight(wish, place, causes)
        _node_term(wish.get("preference") or {}, f"{place}.preference", causes, any_value=True)
    for name in ("podAffinity", "podAntiAffinity"):
        _neighbours(affinity.get(name) or {}, f"{path}.affinity.{name}", causes)


def _weight(wish: Object, path: str, causes: Causes) -> None:
    if not 0 < wish.get("weight", 0) <= 100:
        causes.invalid(f"{path}.weight", wish.get("weight", 0), WEIGHT)


def _neighbours(wanted: Object, path: str, causes: Causes) -> None:
    for index, term in enumerate(wanted.get(REQUIRED) or ()):
        _pod_term(term, f"{path}.{REQUIRED}[{index}]", causes)
    for index, wish in enumerate(wanted.get(PREFERRED) or ()):
        place = f"{path}.{PREFERRED}[{index}]"
        _weight(wish, place, causes)
        _pod_term(wish.get("podAffinityTerm") or {}, f"{place}.podAffinityTerm", causes)


def _pod_term(term: Object, path: str, causes: Causes) -> None:
    selector_validate(term.get("labelSelector"), f"{path}.labelSelector", causes)
    selector_validate(term.get("namespaceSelector"), f"{path}.namespaceSelector", causes)
    for name in term.get("namespaces") or ():
        for why in label_problems(name):
            causes.invalid(f"{path}.namespace", name, why)
    key = term.get("topologyKey", "")
    if not key:
        causes.required(f"{path}.topologyKey", "can not be empty")
    for why in key_problems(key):
        causes.invalid(f"{path}.topologyKey", key, why)


def _node_term(term: Object, path: str, causes: Causes, *, any_value: bool = False) -> None:
    for index, item in enumerate(term.get("matchExpressions") or ()):
        _expression(item, f"{path}.matchExpressions[{index}]", causes, any_value=any_value)
    for index, item in enumerate(term.get("matchFields") or ()):
        _field(item, f"{path}.matchFields[{index}]", causes)


def _expression(item: Object, path: str, causes: Causes, *, any_value: bool) -> None:
    operator, values = item.get("operator", ""), item.get("values") or ()
    if operator in ("In", "NotIn"):
        if not values:
            why = "must be specified when `operator` is 'In' or 'NotIn'"
            causes.required(f"{path}.values", why)
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            causes.forbidden(f"{path}.values", why)
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            why = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            causes.required(f"{path}.values", why)
    else:
        causes.invalid(f"{path}.operator", operator, BAD_OPERATOR)
    for why in key_problems(item.get("key", "")):
        causes.invalid(f"{path}.key", item.get("key", ""), why)
    for index, value in enumerate(() if any_value else values):
        for why in value_problems(value):
            causes.invalid(f"{path}.values[{index}]", value, why)


def _field(item: Object, path: str, causes: Causes) -> None:
    values = item.get("values") or ()
    if item.get("operator") not in ("In", "NotIn"):
        causes.invalid(f"{path}.operator", item.get("operator", ""), BAD_OPERATOR)
    elif len(values) != 1:
        why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        causes.required(f"{path}.values", why)
    if item.get("key") != "metadata.name":
        causes.invalid(f"{path}.key", item.get("key", ""), "not a valid field selector key")
        return
    for index, value in enumerate(values):
        for why in subdomain_problems(value):
            causes.invalid(f"{path}.values[{index}]", value, why)


def tolerations_validate(spec: Object, path: str, causes: Causes) -> None:
    """Check which taints a pod takes."""
    for index, toleration in enumerate(spec.get("tolerations") or ()):
        _toleration(toleration, f"{path}.tolerations[{index}]", causes)


def _toleration(toleration: Object, path: str, causes: Causes) -> None:
    key, value = toleration.get("key", ""), toleration.get("value", "")
    operator, effect = toleration.get("operator", ""), toleration.get("effect", "")
    for why in key_problems(key) if key else ():
        causes.invalid(f"{path}.key", key, why)
    if not key and operator != "Exists":
        causes.invalid(
            f"{path}.operator",
            operator,
            'operator must be Exists when `key` is empty, which means "match all values and all'
            ' keys"',
        )
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        causes.invalid(f"{path}.effect", effect, why)
    if operator in ("", "Equal"):
        problems = value_problems(value)
        if problems:
            causes.invalid(f"{path}.operator", value, ";".join(problems))
    elif operator == "Exists":
        if value:
            why = "value must be empty when `operator` is 'Exists'"
            causes.invalid(f"{path}.operator", value, why)
    else:
        known = ["Equal", "Exists"] + (["Lt", "Gt"] if operator in ("Lt", "Gt") else [])
        causes.unsupported(f"{path}.operator", operator, known)
    if effect and effect not in EFFECTS:
        causes.unsupported(f"{path}.effect", effect, EFFECTS)


def spread_validate(spec: Object, path: str, causes: Causes) -> None:
    """Check how pods are spread."""
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(spec.get("topologySpreadConstraints") or ()):
        here = f"{path}.topologySpreadConstraints[{index}]"
        key, action = item.get("topologyKey", ""), item.get("whenUnsatisfiable", "")
        if item.get("maxSkew", 0) <= 0:
            causes.invalid(f"{here}.maxSkew", item.get("maxSkew", 0), "must be greater than zero")
        if not key:
            causes.required(f"{here}.topologyKey", "can not be empty")
        for why in key_problems(key) if key else ():
            causes.invalid(f"{here}.topologyKey", key, why)
        if action not in ("DoNotSchedule", "ScheduleAnyway"):
            known = ["DoNotSchedule", "ScheduleAnyway"]
            causes.unsupported(f"{here}.whenUnsatisfiable", action, known)
        if (key, action) in seen:
            causes.duplicate(f"{here}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
        seen.add((key, action))
        selector_validate(item.get("labelSelector"), f"{here}.labelSelector", causes)
