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
DECIDING = ("failurePolicy", "matchConditions", "variables", "validations", "mutations")

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
    rules = (spec.get("matchConstraints") or {}).get("resourceRules") or ()
    deciding["rules"] = [
        {k: rule.get(k) for k in ("apiGroups", "operations", "resources")} for rule in rules
    ]
    return hashlib.sha256(_canonical.encode(deciding)).hexdigest()


def shipped_policies() -> list[tuple[str, str, str]]:
    """Kind, name and digest of each policy that ships."""
    return [
        (obj["kind"], obj["metadata"]["name"], policy_digest(obj))
        for obj in shipped_objects()
        if obj["kind"] in POLICY_KINDS
    ]
