"""A tenant's namespace and what stands in it from the start (kubernetes notes, section 3.5)."""

from __future__ import annotations

import hashlib
from typing import Any

from inventory import labels
from inventory.k8s.quantities import format_bytes, format_cpu_milli
from scheduling.manifests.owner import Owner

QUOTA_NAME = "berth"
MAX_NAME = 63
POD_SECURITY = "pod-security.kubernetes.io"
# Objects by which a tenant could take addresses outside its namespace.
NO_OBJECTS = {"services.loadbalancers": "0", "services.nodeports": "0"}
# A container that asks for nothing is charged nothing, and one without a limit is not bound: a
# limit of 0 means none. A container of less could not start anyway.
LEAST_CPU_MILLI = 1
LEAST_MEMORY_BYTES = 4 * 1024**2
DEFAULT_SUBJECTS = [{"kind": "Group", "name": "berth:{tenant}:{role}"}]
Object = dict[str, Any]


def namespace_name(*, tenant_key: str, pool: str = "", plain: bool = True) -> str:
    """A name that Kubernetes takes; too long ones end in a hash instead of being cut off.

    Keys hold hyphens, so two tenants may come to the same one ("a" in pool "b-c", "a-b" in "c").
    With `plain` False it ends in a hash of the two apart, for whoever comes second.
    """
    name = "-".join(part for part in ("berth", tenant_key, pool) if part)
    if plain and len(name) <= MAX_NAME:
        return name
    text = name if plain else f"{tenant_key}/{pool}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{name[: MAX_NAME - 9].rstrip('-')}-{digest}"


def namespace(
    *,
    name: str,
    owner: Owner,
    kind: str,
    pool: str,
    device_keys: list[str],
    taint_keys: list[str],
) -> Object:
    """The namespace; the admission policies read its labels, allowed devices and tolerations."""
    marks = owner.labels() | {
        labels.KIND: kind,
        f"{POD_SECURITY}/enforce": "baseline",
        f"{POD_SECURITY}/warn": "restricted",
        f"{POD_SECURITY}/audit": "restricted",
    }
    if pool:
        marks[labels.POOL] = pool
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "labels": marks,
            "annotations": {
                labels.DEVICES: ",".join(sorted(device_keys)),
                labels.TOLERATIONS: ",".join(sorted(taint_keys)),
            },
        },
    }


def resource_quota(*, namespace: str, owner: Owner, hard: dict[str, str]) -> Object:
    """The ResourceQuota by which the cluster refuses what Berth did not grant.

    Source of the keys: kubernetes.io, Resource Quotas.
    """
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": QUOTA_NAME, "namespace": namespace, "labels": owner.labels()},
        "spec": {"hard": hard},
    }


def hard_of(
    *, amounts: dict[str, int], device_keys: dict[str, str], known_keys: list[str]
) -> dict[str, str]:
    """`spec.hard` for a sum of amounts; every device key not granted is set to zero.

    `device_keys` maps a device type to its key on this cluster; `known_keys` are all keys that
    nodes of the cluster offer.
    """
    memory = format_bytes(amounts.get("memory", 0))
    hard = {
        "requests.cpu": format_cpu_milli(amounts.get("cpu", 0)),
        "requests.memory": memory,
        "limits.memory": memory,
    }
    counts = dict.fromkeys(known_keys, 0)
    for resource, amount in amounts.items():
        if resource in device_keys:
            counts[device_keys[resource]] = counts.get(device_keys[resource], 0) + amount
    hard |= {f"requests.{key}": str(count) for key, count in counts.items()}
    return hard | NO_OBJECTS


def furniture(
    *, namespace: str, owner: Owner, kind: str, subjects: list[dict[str, str]]
) -> list[Object]:
    """One LimitRange, the NetworkPolicy, and the RoleBindings of the tenant's people.

    `subjects` is the cluster's template, [{"kind": "Group", "name": "berth:{tenant}:{role}"}].
    In a managed namespace every role reads; only Berth writes there.
    """
    meta = {"namespace": namespace, "labels": owner.labels()}
    return [
        _limit_range(meta),
        _same_tenant_only(meta, owner.tenant_key),
        *(
            _role_binding(meta, role, kind, owner.tenant_key, subjects)
            for role in ("owner", "member", "viewer")
        ),
    ]


def _limit_range(meta: dict[str, Any]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": meta | {"name": "berth"},
        "spec": {
            "limits": [
                {
                    "type": "Container",
                    "min": {
                        "cpu": format_cpu_milli(LEAST_CPU_MILLI),
                        "memory": format_bytes(LEAST_MEMORY_BYTES),
                    },
                    "defaultRequest": {"cpu": "100m", "memory": "256Mi"},
                    "default": {"memory": "256Mi"},
                }
            ]
        },
    }


def _same_tenant_only(meta: dict[str, Any], tenant_key: str) -> Object:
    """Let in only what comes from the same tenant's namespaces; what goes out is free."""
    same = {"namespaceSelector": {"matchLabels": {labels.TENANT: tenant_key}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": meta | {"name": "berth-same-tenant"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [same]}]},
    }


def _role_binding(
    meta: dict[str, Any], role: str, kind: str, tenant_key: str, subjects: list[dict[str, str]]
) -> Object:
    granted = role if kind == labels.KIND_OPEN else "viewer"
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": meta | {"name": f"berth-tenant-{role}"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": f"berth-tenant-{granted}",
        },
        "subjects": [
            {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": subject.get("kind", "Group"),
                "name": subject["name"].format(tenant=tenant_key, role=role),
            }
            for subject in subjects or DEFAULT_SUBJECTS
        ],
    }
