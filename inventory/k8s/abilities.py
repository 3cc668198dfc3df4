"""What a cluster can do: asked of the cluster itself, never guessed from its version."""

from __future__ import annotations

from typing import Any

import msgspec

from inventory.k8s.client import ClusterClient
from inventory.k8s.errors import Forbidden, NotFound
from inventory.k8s.shipped import (
    BINDING_KINDS,
    POLICY_KINDS,
    ShippedPolicy,
    binding_denies,
    binding_digest,
    policy_digest,
    shipped_policies,
)

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
SLICES = "/apis/resource.k8s.io/v1/resourceslices"

INSTALLED = "installed"
MISSING = "missing"
DIFFERENT = "different"
UNBOUND = "unbound"
UNKNOWN = "unknown"


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. `None` means that Berth may not look, never "no".

    `policies` maps "Kind name" of each shipped admission policy to installed, missing, different
    (somebody changed it or its binding, or it is of another version of Berth), unbound or unknown.
    `resource_versions` are those of resource.k8s.io; `resource_slices` how many devices' lists
    drivers have published, without which a served API is of no use.
    """

    version: str
    pod_resize: bool
    resource_versions: list[str]
    resource_slices: int | None
    metrics: bool
    kueue: bool
    validating_policies: bool
    mutating_policies: bool
    policies: dict[str, str]

    @property
    def fenced(self) -> bool:
        """Tell whether every policy that must be there is, as it was shipped."""
        validating = [
            state for name, state in self.policies.items() if name.startswith("Validating")
        ]
        return bool(validating) and all(state == INSTALLED for state in validating)


def probe(client: ClusterClient) -> Abilities:
    """Ask a cluster what it can do; about ten small reads. Raises ClusterError."""
    version = str(client.get("/version").get("gitVersion", ""))
    groups = _groups(client)
    core = {str(r.get("name")) for r in client.get("/api/v1").get("resources") or ()}
    admission = _kinds(client, ADMISSION)
    return Abilities(
        version=version,
        pod_resize="pods/resize" in core,
        resource_versions=groups.get("resource.k8s.io", []),
        resource_slices=_count(client, SLICES)
        if "v1" in groups.get("resource.k8s.io", [])
        else None,
        metrics="metrics.k8s.io" in groups,
        kueue="kueue.x-k8s.io" in groups,
        validating_policies="ValidatingAdmissionPolicy" in admission,
        mutating_policies="MutatingAdmissionPolicy" in admission,
        policies=_policies(client, admission),
    )


def _groups(client: ClusterClient) -> dict[str, list[str]]:
    found = client.get("/apis").get("groups") or ()
    return {
        str(group["name"]): [str(v["version"]) for v in group.get("versions") or ()]
        for group in found
    }


def _kinds(client: ClusterClient, path: str) -> set[str]:
    try:
        return {str(r.get("kind")) for r in client.get(path).get("resources") or ()}
    except NotFound:
        return set()


def _count(client: ClusterClient, path: str) -> int | None:
    try:
        found = client.get(path, {"limit": 1})
    except (Forbidden, NotFound):
        return None
    rest = (found.get("metadata") or {}).get("remainingItemCount") or 0
    return len(found.get("items") or ()) + int(rest)


def _policies(client: ClusterClient, served: set[str]) -> dict[str, str]:
    states: dict[str, str] = {}
    for kind, plural in POLICY_KINDS.items():
        shipped = [policy for policy in shipped_policies() if policy.kind == kind]
        if kind not in served:
            states |= {f"{kind} {policy.name}": MISSING for policy in shipped}
            continue
        found = _named(client, f"{ADMISSION}/{plural}")
        bound = _named(client, f"{ADMISSION}/{BINDING_KINDS[kind]}")
        for policy in shipped:
            states[f"{kind} {policy.name}"] = _state(found, bound, policy)
    return states


def _named(client: ClusterClient, path: str) -> dict[str, dict[str, Any]] | None:
    try:
        items = client.get(path).get("items") or ()
    except (Forbidden, NotFound):
        return None
    return {str(item["metadata"]["name"]): item for item in items}


def _state(
    found: dict[str, dict[str, Any]] | None,
    bound: dict[str, dict[str, Any]] | None,
    policy: ShippedPolicy,
) -> str:
    if found is None or bound is None:
        return UNKNOWN
    if policy.name not in found:
        return MISSING
    if policy_digest(found[policy.name]) != policy.digest:
        return DIFFERENT
    own = [b for b in bound.values() if (b.get("spec") or {}).get("policyName") == policy.name]
    if any(binding_digest(binding) == policy.binding for binding in own):
        return INSTALLED
    return DIFFERENT if any(binding_denies(binding) for binding in own) else UNBOUND
