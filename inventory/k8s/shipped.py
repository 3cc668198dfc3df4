"""The manifests that Berth ships, as data: what it needs to be allowed, and what fences it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

from portal.settings.env import ROOT

DIRECTORY = ROOT / "deploy" / "kubernetes"
ROLES = ("berth-read", "berth-act", "berth-token")
POLICY_KINDS = {
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "MutatingAdmissionPolicy": "mutatingadmissionpolicies",
}
BINDING_KINDS = {kind: f"{plural[:-3]}ybindings" for kind, plural in POLICY_KINDS.items()}
# What decides; everything else of a policy has defaults that differ by version.
DECIDING = (
    *("failurePolicy", "reinvocationPolicy", "paramKind", "matchConditions"),
    *("variables", "validations", "mutations"),
)
RULE = ("apiGroups", "apiVersions", "operations", "resources", "resourceNames")

_canonical = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that an account must be allowed to do; "" is the core group, or any name."""

    role: str
    group: str
    resource: str
    verb: str
    name: str = ""
    namespace: str = ""


@cache
def shipped_objects(directory: Path = DIRECTORY) -> tuple[dict[str, Any], ...]:
    """Every object of the manifests, in the order of the files."""
    found: list[dict[str, Any]] = []
    for path in sorted(directory.glob("*.yaml")):
        documents = yaml.safe_load_all(path.read_text(encoding="utf-8"))
        found += [document for document in documents if document]
    return tuple(found)


def needs() -> list[Need]:
    """Everything that the shipped roles allow, one by one."""
    return [need for obj in shipped_objects() for need in _needs_of(obj)]


def _needs_of(obj: Mapping[str, Any]) -> Iterator[Need]:
    meta = obj["metadata"]
    if obj["kind"] not in {"ClusterRole", "Role"} or meta["name"] not in ROLES:
        return
    for rule in obj["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    for name in rule.get("resourceNames") or ("",):
                        space = meta.get("namespace", "")
                        yield Need(meta["name"], group, resource, verb, name, space)


def policy_digest(obj: Mapping[str, Any]) -> str:
    """The same for two policies that decide the same."""
    spec = obj.get("spec") or {}
    deciding = {key: spec[key] for key in DECIDING if spec.get(key)}
    return _digest(deciding | {"reach": _reach(spec.get("matchConstraints"))})


def binding_digest(obj: Mapping[str, Any]) -> str:
    """The same for two bindings that put a policy to the same use."""
    spec = obj.get("spec") or {}
    use = {"params": spec.get("paramRef"), "denies": binding_denies(obj)}
    return _digest(use | {"reach": _reach(spec.get("matchResources"))})


def binding_denies(obj: Mapping[str, Any]) -> bool:
    """Tell whether what the policy refuses is refused; a mutating one names no action."""
    return "Deny" in ((obj.get("spec") or {}).get("validationActions") or ["Deny"])


def _reach(resources: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a policy or a binding looks at, with the API's defaults for what is not said."""
    found = resources or {}
    return {
        "namespaces": found.get("namespaceSelector") or {},
        "objects": found.get("objectSelector") or {},
        "policy": found.get("matchPolicy") or "Equivalent",
        "rules": [_rule(rule) for rule in found.get("resourceRules") or ()],
        "excluded": [_rule(rule) for rule in found.get("excludeResourceRules") or ()],
    }


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {key: rule.get(key) or [] for key in RULE} | {"scope": rule.get("scope") or "*"}


def _digest(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical.encode(data)).hexdigest()


@dataclass(frozen=True, slots=True)
class ShippedPolicy:
    """A policy that ships, with the digests of itself and of its binding."""

    kind: str
    name: str
    digest: str
    binding: str


def shipped_policies() -> list[ShippedPolicy]:
    """Each policy that ships."""
    bindings = {
        (obj["kind"], obj["spec"]["policyName"]): binding_digest(obj)
        for obj in shipped_objects()
        if obj["kind"].removesuffix("Binding") in POLICY_KINDS and "policyName" in obj["spec"]
    }
    return [
        ShippedPolicy(
            kind=obj["kind"],
            name=obj["metadata"]["name"],
            digest=policy_digest(obj),
            binding=bindings[f"{obj['kind']}Binding", obj["metadata"]["name"]],
        )
        for obj in shipped_objects()
        if obj["kind"] in POLICY_KINDS
    ]
