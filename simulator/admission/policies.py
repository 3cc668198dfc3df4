"""ValidatingAdmissionPolicy and MutatingAdmissionPolicy, evaluated as they are written.

A policy that uses more of CEL than the simulator understands is refused with 501 when it is
created: none is ever half in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from simulator.admission.attempt import Attempt
from simulator.api import errors
from simulator.api.patches import json_patch
from simulator.api.selectors import selector_test
from simulator.cel.evaluate import EvaluationError, Expression
from simulator.cel.parse import NotUnderstood
from simulator.objects import Object, clone, labels_of

if TYPE_CHECKING:
    from simulator.core import Core

GROUP = "admissionregistration.k8s.io"
VALIDATING = f"validatingadmissionpolicies.{GROUP}"
MUTATING = f"mutatingadmissionpolicies.{GROUP}"
BINDINGS = {
    VALIDATING: f"validatingadmissionpolicybindings.{GROUP}",
    MUTATING: f"mutatingadmissionpolicybindings.{GROUP}",
}


class Variables(Mapping[str, Any]):
    """Variables of a policy, each worked out when it is first asked for."""

    def __init__(self, wanted: dict[str, Expression], scope: dict[str, Any]) -> None:
        self._wanted = wanted
        self._scope = scope | {"variables": self}
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._wanted[name].value(self._scope)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._wanted)

    def __len__(self) -> int:
        return len(self._wanted)


class Policies:
    """All policies of a cluster."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._compiled: dict[str, Expression] = {}

    def _expression(self, text: str) -> Expression:
        found = self._compiled.get(text)
        if found is None:
            found = self._compiled[text] = Expression(text)
        return found

    def check(self, policy: Object) -> None:
        """Refuse a policy that is not wholly understood; raises StatusError 501."""
        spec = policy.get("spec") or {}
        try:
            for text in _texts(spec):
                self._expression(text)
        except NotUnderstood as problem:
            raise errors.not_modelled(str(problem)) from None

    def validate(self, attempt: Attempt) -> None:
        """Let every bound policy look; raises StatusError for the first refusal."""
        if attempt.kind.group == GROUP and attempt.operation != "DELETE" and attempt.obj:
            if attempt.kind.name.endswith("Policy"):
                self.check(attempt.obj)
            return
        for policy, binding in self._matching(VALIDATING, attempt):
            self._judge(policy, binding, attempt)

    def mutate(self, attempt: Attempt) -> None:
        """Let every bound mutating policy change the object."""
        if attempt.obj is None or attempt.kind.group == GROUP:
            return
        for policy, _binding in self._matching(MUTATING, attempt):
            scope = self._scope(policy, attempt)
            if not self._conditions_hold(policy, scope):
                continue
            for mutation in policy["spec"].get("mutations") or ():
                text = mutation["jsonPatch"]["expression"]
                scope = self._scope(policy, attempt)
                changed = json_patch(attempt.obj, self._expression(text).value(scope))
                attempt.obj.clear()
                attempt.obj.update(changed)

    def _matching(self, policies: str, attempt: Attempt) -> Iterator[tuple[Object, Object]]:
        store = self._core.store
        for stored in store.ordered(policies):
            policy = stored.obj
            if not _rules_match(policy["spec"], attempt):
                continue
            for bound in store.ordered(BINDINGS[policies]):
                spec = bound.obj.get("spec") or {}
                if spec.get("policyName") == stored.name and self._in_scope(spec, attempt):
                    yield policy, bound.obj

    def _in_scope(self, binding: Object, attempt: Attempt) -> bool:
        resources = binding.get("matchResources") or {}
        if not selector_test(resources.get("objectSelector") or {})(labels_of(attempt.obj or {})):
            return False
        selector = resources.get("namespaceSelector")
        if not selector:
            return True
        if attempt.kind.name == "Namespace":
            space = attempt.old or attempt.obj
        elif not attempt.kind.namespaced:
            return True
        else:
            found = self._core.store.get("namespaces", "", attempt.namespace)
            space = found.obj if found else None
        return space is not None and selector_test(selector)(labels_of(space))

    def _scope(self, policy: Object, attempt: Attempt) -> dict[str, Any]:
        space = self._core.store.get("namespaces", "", attempt.namespace)
        namespaced = attempt.kind.namespaced and space is not None
        scope: dict[str, Any] = {
            "object": attempt.obj,
            "oldObject": attempt.old,
            "namespaceObject": space.obj if namespaced and space else None,
            "request": _request(attempt),
            "params": None,
        }
        wanted = {
            item["name"]: self._expression(item["expression"])
            for item in policy["spec"].get("variables") or ()
        }
        scope["variables"] = Variables(wanted, scope)
        return scope

    def _conditions_hold(self, policy: Object, scope: dict[str, Any]) -> bool:
        for condition in policy["spec"].get("matchConditions") or ():
            try:
                if not self._expression(condition["expression"]).value(scope):
                    return False
            except EvaluationError:
                if policy["spec"].get("failurePolicy") == "Ignore":
                    return False
        return True

    def _judge(self, policy: Object, binding: Object, attempt: Attempt) -> None:
        scope = self._scope(policy, attempt)
        if not self._conditions_hold(policy, scope):
            return
        if "Deny" not in (binding["spec"].get("validationActions") or ["Deny"]):
            return
        for rule in policy["spec"].get("validations") or ():
            try:
                if self._expression(rule["expression"]).value(scope):
                    continue
                why = self._message(rule, scope)
            except EvaluationError as problem:
                if policy["spec"].get("failurePolicy") == "Ignore":
                    continue
                why = f"expression '{rule['expression']}' resulted in error: {problem}"
            names = policy["metadata"]["name"], binding["metadata"]["name"]
            raise _refusal(attempt, names, why, rule.get("reason", "Invalid"))

    def _message(self, rule: Object, scope: dict[str, Any]) -> str:
        if rule.get("messageExpression"):
            return str(self._expression(rule["messageExpression"]).value(scope))
        return str(rule.get("message") or f"failed expression: {rule['expression'].strip()}")


def _texts(spec: Object) -> Iterator[str]:
    for name in ("matchConditions", "variables", "validations"):
        for item in spec.get(name) or ():
            yield item["expression"]
            if item.get("messageExpression"):
                yield item["messageExpression"]
    for item in spec.get("mutations") or ():
        if "jsonPatch" not in item:
            raise NotUnderstood("ApplyConfiguration of mutating policies")
        yield item["jsonPatch"]["expression"]


def _refusal(attempt: Attempt, names: tuple[str, str], why: str, reason: str) -> errors.StatusError:
    text = f"ValidatingAdmissionPolicy '{names[0]}' with binding '{names[1]}' denied request: {why}"
    refusal = errors.forbidden(attempt.kind, attempt.name, text, [{"message": text}])
    codes = {"Unauthorized": 401, "Forbidden": 403, "Invalid": 422, "RequestEntityTooLarge": 413}
    refusal.code, refusal.reason = codes.get(reason, 422), reason
    return refusal


def _rules_match(spec: Object, attempt: Attempt) -> bool:
    constraints = spec.get("matchConstraints") or {}
    wanted = f"{attempt.kind.resource}/{attempt.part}" if attempt.part else attempt.kind.resource
    for rule in constraints.get("resourceRules") or ():
        groups, operations = rule.get("apiGroups") or (), rule.get("operations") or ()
        if attempt.kind.group not in groups and "*" not in groups:
            continue
        if attempt.operation not in operations and "*" not in operations:
            continue
        for resource in rule.get("resources") or ():
            if resource in (wanted, "*/*") or (resource == "*" and not attempt.part):
                return True
            if attempt.part and resource in (f"{attempt.kind.resource}/*", f"*/{attempt.part}"):
                return True
    return False


def _request(attempt: Attempt) -> dict[str, Any]:
    kind = attempt.kind
    found: dict[str, Any] = {
        "kind": {
            "group": kind.group,
            "version": "v1",
            "kind": attempt.object_kind or kind.name,
        },
        "resource": {"group": kind.group, "version": "v1", "resource": kind.resource},
        "name": attempt.name,
        "namespace": attempt.namespace,
        "operation": attempt.operation,
        "userInfo": attempt.user.info(),
        "dryRun": attempt.dry_run,
    }
    if attempt.part:
        found["subResource"] = attempt.part
    return clone(found) if attempt.part else found
