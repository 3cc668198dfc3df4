"""Admission policies and their bindings, apart from the expressions themselves
(k8s.io/kubernetes/pkg/apis/admissionregistration/validation)."""

from __future__ import annotations

from simulator.api.errors import Causes
from simulator.cel.parse import NotUnderstood
from simulator.cel.types import problem
from simulator.objects import Object
from simulator.validation.names import subdomain_problems

REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"]
ACTIONS = ["Audit", "Deny", "Warn"]
NOTHING = "validations or auditAnnotations must contain at least one item"
TWICE = (
    "must not contain both Deny and Warn (repeating the same validation failure information in the"
    " API response and headers serves no purpose)"
)


def policy_validate(kind: str, spec: Object, causes: Causes) -> None:
    """Check a policy."""
    if spec.get("failurePolicy") not in ("Fail", "Ignore"):
        causes.unsupported("spec.failurePolicy", spec.get("failurePolicy"), ["Fail", "Ignore"])
    _named(spec, "matchConditions", causes)
    constraints = spec.get("matchConstraints") or {}
    _match_policy(constraints, "spec.matchConstraints", causes)
    rules = constraints.get("resourceRules") or ()
    if not rules:
        causes.required("spec.matchConstraints.resourceRules")
    for index, rule in enumerate(rules):
        for name in ("apiGroups", "apiVersions", "operations", "resources"):
            if not rule.get(name):
                path = f"spec.matchConstraints.resourceRules[{index}].{name}"
                causes.required(path)
    _named(spec, "variables", causes)
    if kind == "ValidatingAdmissionPolicy":
        _validations(spec, causes)


def _match_policy(matching: Object, path: str, causes: Causes) -> None:
    policy = matching.get("matchPolicy", "Equivalent")
    if policy not in ("Equivalent", "Exact"):
        causes.unsupported(f"{path}.matchPolicy", policy, ["Equivalent", "Exact"])


def _named(spec: Object, part: str, causes: Causes) -> None:
    for index, item in enumerate(spec.get(part) or ()):
        if not item.get("name"):
            why = "name is not specified" if part == "variables" else ""
            causes.required(f"spec.{part}[{index}].name", why)
        here = f"spec.{part}[{index}].expression"
        _expression(item.get("expression") or "", here, causes, boolean=part != "variables")


def _expression(text: str, path: str, causes: Causes, *, boolean: bool) -> None:
    """What can be told before; one that is not understood is refused by name when it is kept."""
    if not text.strip():
        causes.required(path, "expression is not specified")
        return
    try:
        why = problem(text, boolean=boolean)
    except NotUnderstood:
        return
    if why:
        causes.invalid(path, text, why)


def _validations(spec: Object, causes: Causes) -> None:
    wanted = spec.get("validations") or []
    if not wanted and not spec.get("auditAnnotations"):
        causes.required("spec.validations", NOTHING)
        causes.required("spec.auditAnnotations", NOTHING)
    for index, item in enumerate(wanted):
        path = f"spec.validations[{index}]"
        _expression(item.get("expression") or "", f"{path}.expression", causes, boolean=True)
        reason = item.get("reason")
        if reason is not None and reason not in REASONS:
            causes.unsupported(f"{path}.reason", reason, REASONS[:3])


def policy_binding_validate(kind: str, spec: Object, causes: Causes) -> None:
    """Check a binding of a policy."""
    name = spec.get("policyName", "")
    if not name:
        causes.required("spec.policyName")
    for why in subdomain_problems(name) if name else ():
        causes.invalid("spec.policyName", name, why)
    _match_policy(spec.get("matchResources") or {}, "spec.matchResources", causes)
    if kind != "ValidatingAdmissionPolicyBinding":
        return
    actions = spec.get("validationActions") or []
    if not actions:
        causes.required("spec.validationActions")
    for index, action in enumerate(actions):
        if action not in ACTIONS:
            causes.unsupported(f"spec.validationActions[{index}]", action, ACTIONS)
        elif action in actions[:index]:
            causes.duplicate(f"spec.validationActions[{index}]", action)
    if {"Deny", "Warn"} <= set(actions):
        causes.invalid("spec.validationActions", actions, TWICE)
