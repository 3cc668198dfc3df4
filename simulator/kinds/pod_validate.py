"""What makes a pod or a pod template invalid (k8s.io/kubernetes/pkg/apis/core/validation)."""

from __future__ import annotations

from typing import Any

from simulator.api.errors import Causes
from simulator.kinds.names import key_problems, label_problems, labels_validate, subdomain_problems
from simulator.kinds.quantity import parse
from simulator.objects import Object, clone

RESTART_POLICIES = ["Always", "OnFailure", "Never"]
EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
PLAIN = {"cpu", "memory", "ephemeral-storage", "storage"}
UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions"
    " to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it"
    " was previously negative)"
)


def spec_validate(spec: Object, path: str, causes: Causes) -> None:
    """Check the spec of a pod or of a template."""
    containers = spec.get("containers") or ()
    if not containers:
        causes.required(f"{path}.containers")
    names: set[str] = set()
    for part in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(part) or ()):
            place = f"{path}.{part}[{index}]"
            _container(container, place, causes)
            name = container.get("name", "")
            if name in names:
                causes.duplicate(f"{place}.name", name)
            names.add(name)
    policy = spec.get("restartPolicy", "Always")
    if policy not in RESTART_POLICIES:
        causes.unsupported(f"{path}.restartPolicy", policy, RESTART_POLICIES)
    for name in ("serviceAccountName", "priorityClassName", "nodeName"):
        for why in subdomain_problems(spec[name]) if spec.get(name) else ():
            causes.invalid(f"{path}.{name}", spec[name], why)
    labels_validate(spec.get("nodeSelector") or {}, f"{path}.nodeSelector", causes)
    for index, toleration in enumerate(spec.get("tolerations") or ()):
        _toleration(toleration, f"{path}.tolerations[{index}]", causes)
    _affinity(spec, path, causes)


def _container(container: Object, path: str, causes: Causes) -> None:
    name = container.get("name", "")
    if not name:
        causes.required(f"{path}.name")
    for why in label_problems(name) if name else ():
        causes.invalid(f"{path}.name", name, why)
    if not container.get("image"):
        causes.required(f"{path}.image")
    resources_validate(container.get("resources") or {}, f"{path}.resources", causes)
    for index, port in enumerate(container.get("ports") or ()):
        number = port.get("containerPort", 0)
        if not 0 < number < 65536:
            why = "must be between 1 and 65535, inclusive"
            causes.invalid(f"{path}.ports[{index}].containerPort", number, why)


def resources_validate(resources: Object, path: str, causes: Causes) -> None:
    """Check requests and limits of a container."""
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for part, amounts in (("limits", limits), ("requests", requests)):
        for key, amount in sorted(amounts.items()):
            _amount(key, amount, f"{path}.{part}[{key}]", f"{path}.{part}", causes)
    for key, amount in sorted(requests.items()):
        extended = "/" in key and not key.startswith("kubernetes.io/")
        if key in limits:
            if extended and parse(amount) != parse(limits[key]):
                causes.invalid(
                    f"{path}.requests", amount, f"must be equal to {key} limit of {limits[key]}"
                )
            elif parse(amount) > parse(limits[key]):
                causes.invalid(
                    f"{path}.requests",
                    amount,
                    f"must be less than or equal to {key} limit of {limits[key]}",
                )
        elif extended:
            causes.required(f"{path}.limits", "Limit must be set for non overcommitable resources")


def _amount(key: str, amount: str, path: str, holder: str, causes: Causes) -> None:
    for why in key_problems(key):
        causes.invalid(path, key, why)
    if "/" not in key and key not in PLAIN and not key.startswith("hugepages-"):
        causes.invalid(path, key, "must be a standard resource type or fully qualified")
        causes.invalid(path, key, "must be a standard resource for containers")
    if parse(amount) < 0:
        causes.invalid(path, amount, "must be greater than or equal to 0")
    if "/" in key and parse(amount) % 1:
        causes.invalid(path, amount, "must be an integer")


def _toleration(toleration: Object, path: str, causes: Causes) -> None:
    key = toleration.get("key", "")
    for why in key_problems(key) if key else ():
        causes.invalid(f"{path}.key", key, why)
    operator = toleration.get("operator", "Equal")
    if operator not in ("Equal", "Exists", "Lt", "Gt"):
        causes.unsupported(f"{path}.operator", operator, ["Equal", "Exists"])
    if not key and operator != "Exists":
        causes.invalid(
            f"{path}.operator",
            toleration.get("operator", ""),
            'operator must be Exists when `key` is empty, which means "match all values and all'
            ' keys"',
        )
    effect = toleration.get("effect", "")
    if effect and effect not in EFFECTS:
        causes.unsupported(f"{path}.effect", effect, sorted(EFFECTS))
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        causes.invalid(
            f"{path}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"
        )


def _affinity(spec: Object, path: str, causes: Causes) -> None:
    node = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if node is None:
        return
    place = f"{path}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
    terms = node.get("nodeSelectorTerms") or ()
    if not terms:
        causes.required(f"{place}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(terms):
        here = f"{place}.nodeSelectorTerms[{index}]"
        for number, item in enumerate(term.get("matchExpressions") or ()):
            _requirement(item, f"{here}.matchExpressions[{number}]", causes)
        for number, item in enumerate(term.get("matchFields") or ()):
            _field(item, f"{here}.matchFields[{number}]", causes)


def _requirement(item: Object, path: str, causes: Causes) -> None:
    operator, values = item.get("operator", ""), item.get("values") or ()
    if operator not in OPERATORS:
        causes.invalid(f"{path}.operator", operator, "not a valid selector operator")
    if operator in ("In", "NotIn") and not values:
        causes.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    if operator in ("Exists", "DoesNotExist") and values:
        why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        causes.forbidden(f"{path}.values", why)
    for why in key_problems(item.get("key", "")):
        causes.invalid(f"{path}.key", item.get("key", ""), why)


def _field(item: Object, path: str, causes: Causes) -> None:
    if item.get("operator") not in ("In", "NotIn"):
        causes.invalid(
            f"{path}.operator", item.get("operator", ""), "not a valid selector operator"
        )
    if len(item.get("values") or ()) != 1:
        why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        causes.required(f"{path}.values", why)
    if item.get("key") != "metadata.name":
        causes.invalid(f"{path}.key", item.get("key", ""), "not a valid field selector key")


def update_validate(old: Object, new: Object, causes: Causes) -> None:
    """Check what changed of a pod that exists."""
    before, after = clone(old["spec"]), clone(new["spec"])
    for spec in (before, after):
        for part in ("containers", "initContainers"):
            for container in spec.get(part) or ():
                container.pop("image", None)
        spec.pop("activeDeadlineSeconds", None)
    _tolerations(before, after)
    if old["spec"].get("schedulingGates"):
        gates = [g["name"] for g in old["spec"]["schedulingGates"]]
        if all(g["name"] in gates for g in after.get("schedulingGates") or ()):
            for name in ("schedulingGates", "nodeSelector"):
                before.pop(name, None)
                after.pop(name, None)
    if before != after:
        causes.forbidden("spec", UPDATE)


def _tolerations(before: Object, after: Object) -> None:
    kept = before.pop("tolerations", None) or []
    found = after.pop("tolerations", None) or []
    if any(item not in found for item in kept):
        before["tolerations"], after["tolerations"] = kept, found


def resized(old: Object, new: Object) -> Any:
    """The old pod with nothing but the resources of the new one's containers."""
    out = clone(old)
    for part in ("containers", "initContainers"):
        wanted = {c.get("name"): c for c in new["spec"].get(part) or ()}
        for container in out["spec"].get(part) or ():
            found = wanted.get(container["name"])
            if found is not None:
                container["resources"] = clone(found.get("resources") or {})
    return out
