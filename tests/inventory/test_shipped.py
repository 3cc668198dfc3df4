"""What makes an admission policy, or its binding, another one than the one that ships."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from inventory.k8s.abilities import DIFFERENT, INSTALLED, MISSING, UNBOUND, UNKNOWN, _state
from inventory.k8s.shipped import shipped_objects, shipped_policies

Object = dict[str, Any]
FULL = {"namespaceSelector": {}, "objectSelector": {}, "matchPolicy": "Equivalent"}
POLICIES = shipped_policies()
OPEN = next(p for p in POLICIES if (p.kind, p.name) == ("ValidatingAdmissionPolicy", "berth-open"))


def installed(name: str = "berth-open", kind: str = "ValidatingAdmissionPolicy") -> list[Object]:
    """A policy and its binding as an API server gives them back, defaults filled in."""
    objects = [deepcopy(o) for o in shipped_objects() if o["metadata"]["name"] == name]
    policy = next(o for o in objects if o["kind"] == kind)
    binding = next(o for o in objects if o["kind"] == f"{kind}Binding")
    constraints = policy["spec"]["matchConstraints"]
    policy["spec"]["matchConstraints"] = FULL | constraints
    for rule in constraints["resourceRules"]:
        rule["scope"] = "*"
    if "matchResources" in binding["spec"]:
        binding["spec"]["matchResources"] = FULL | binding["spec"]["matchResources"]
    return [policy, binding]


def state(policy: Object | None, *bindings: Object) -> str:
    """What is said of berth-open where these stand."""
    found = {OPEN.name: policy} if policy else {}
    return _state(found, {str(n): b for n, b in enumerate(bindings)}, OPEN)


@pytest.mark.parametrize("shipped", POLICIES, ids=lambda p: f"{p.kind} {p.name}")
def test_each_policy_that_ships_is_known_again_with_the_apis_defaults(shipped: Any) -> None:
    policy, binding = installed(shipped.name, shipped.kind)
    found = _state({shipped.name: policy}, {"any-name": binding}, shipped)
    assert found == INSTALLED


def test_what_is_not_there_or_may_not_be_seen_is_said() -> None:
    policy, _binding = installed()
    assert (state(None), state(policy)) == (MISSING, UNBOUND)
    assert _state(None, {}, POLICIES[0]) == UNKNOWN


NARROW = {"matchLabels": {"only": "here"}}
POLICY_CHANGES: dict[str, Callable[[Object], Any]] = {
    "namespaces": lambda spec: spec["matchConstraints"].update(namespaceSelector=NARROW),
    "objects": lambda spec: spec["matchConstraints"].update(objectSelector=NARROW),
    "exact": lambda spec: spec["matchConstraints"].update(matchPolicy="Exact"),
    "excluded": lambda spec: spec["matchConstraints"].update(
        excludeResourceRules=[
            {
                "apiGroups": [""],
                "apiVersions": ["*"],
                "operations": ["*"],
                "resources": ["pods"],
            }
        ]
    ),
    "scope": lambda spec: spec["matchConstraints"]["resourceRules"][0].update(scope="Cluster"),
    "names": lambda spec: spec["matchConstraints"]["resourceRules"][0].update(resourceNames=["x"]),
    "versions": lambda spec: spec["matchConstraints"]["resourceRules"][0].update(
        apiVersions=["v9"]
    ),
    "operations": lambda spec: spec["matchConstraints"]["resourceRules"][0].update(
        operations=["CREATE"]
    ),
    "ignored": lambda spec: spec.update(failurePolicy="Ignore"),
    "conditions": lambda spec: spec.update(
        matchConditions=[{"name": "never", "expression": "false"}]
    ),
    "validations": lambda spec: spec["validations"].pop(),
    "parameters": lambda spec: spec.update(paramKind={"apiVersion": "v1", "kind": "ConfigMap"}),
}
BINDING_CHANGES: dict[str, Callable[[Object], Any]] = {
    "namespaces": lambda spec: spec["matchResources"].update(namespaceSelector=NARROW),
    "objects": lambda spec: spec["matchResources"].update(objectSelector=NARROW),
    "excluded": lambda spec: spec["matchResources"].update(
        excludeResourceRules=[{"resources": ["pods"]}]
    ),
    "rules": lambda spec: spec["matchResources"].update(resourceRules=[{"resources": ["nodes"]}]),
    "parameters": lambda spec: spec.update(paramRef={"name": "x"}),
}


@pytest.mark.parametrize("name", POLICY_CHANGES)
def test_a_policy_that_lets_more_through_is_another_one(name: str) -> None:
    policy, binding = installed()
    POLICY_CHANGES[name](policy["spec"])
    assert state(policy, binding) == DIFFERENT


@pytest.mark.parametrize("name", BINDING_CHANGES)
def test_a_binding_that_reaches_less_far_does_not_bind(name: str) -> None:
    policy, binding = installed()
    changed = deepcopy(binding)
    BINDING_CHANGES[name](changed["spec"])
    assert state(policy, changed) == DIFFERENT
    assert state(policy, changed, binding) == INSTALLED


def test_a_binding_that_only_warns_does_not_bind() -> None:
    policy, binding = installed()
    binding["spec"]["validationActions"] = ["Warn", "Audit"]
    assert state(policy, binding) == UNBOUND
    binding["spec"]["validationActions"] = ["Deny", "Audit"]
    assert state(policy, binding) == INSTALLED
