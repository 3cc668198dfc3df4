"""What makes an object invalid, by kind: new ones, and changes of old ones."""

from __future__ import annotations

from collections.abc import Callable

from simulator.api.errors import Causes
from simulator.objects import Object
from simulator.validation import amounts, fences, networks, rights, settings, workloads
from simulator.validation.metadata import (
    IMMUTABLE,
    metadata_change_validate,
    metadata_validate,
)
from simulator.validation.pods import pod_validate, update_validate

LEVELS = ("privileged", "baseline", "restricted")
LEVEL_LABELS = {f"pod-security.kubernetes.io/{name}" for name in ("enforce", "audit", "warn")}
Check = Callable[[Object, Causes], None]
# By what an object says in its spec, and by the object as a whole.
SPECS: dict[str, Check] = {
    "StatefulSet": workloads.stateful_set_validate,
    "Deployment": workloads.deployment_validate,
    "ReplicaSet": workloads.replica_set_validate,
    "ResourceQuota": amounts.quota_validate,
    "LimitRange": amounts.limit_range_validate,
    "NetworkPolicy": networks.network_policy_validate,
}
WHOLE: dict[str, Check] = {
    "ConfigMap": settings.config_map_validate,
    "Secret": settings.secret_validate,
    "Node": settings.node_validate,
    "PriorityClass": settings.priority_class_validate,
    "ControllerRevision": settings.revision_validate,
}


def new_validate(kind: str, obj: Object) -> Causes:
    """Everything that is wrong with a new object."""
    causes = Causes()
    if kind == "Event":  # whose name may be anything
        settings.event_validate(obj, causes)
        return causes
    metadata_validate(kind, obj, causes)
    _content(kind, obj, causes, fresh=True)
    return causes


def change_validate(kind: str, old: Object, new: Object) -> Causes:
    """Everything that is wrong with a changed object."""
    causes = Causes()
    metadata_change_validate(old["metadata"], new["metadata"], causes)
    if kind != "Event":
        _content(kind, new, causes, fresh=False)
    _changed(kind, old, new, causes)
    return causes


def _content(kind: str, obj: Object, causes: Causes, *, fresh: bool) -> None:
    spec = obj.get("spec") or {}
    if kind in SPECS:
        SPECS[kind](spec, causes)
    elif kind in WHOLE:
        WHOLE[kind](obj, causes)
    elif kind == "Pod":
        pod_validate(obj, causes, fresh=fresh)
    elif kind == "Job":
        workloads.job_validate(obj, causes, fresh=fresh)
    elif kind in ("Role", "ClusterRole"):
        rights.role_validate(kind, obj, causes)
    elif kind in ("RoleBinding", "ClusterRoleBinding"):
        rights.role_binding_validate(kind, obj, causes)
    elif kind.endswith("AdmissionPolicy"):
        fences.policy_validate(kind, spec, causes)
    elif kind.endswith("AdmissionPolicyBinding"):
        fences.policy_binding_validate(kind, spec, causes)
    elif kind == "Namespace":
        settings.namespace_validate(obj, causes)
        _levels(obj, causes)


def _levels(obj: Object, causes: Causes) -> None:
    for key, value in sorted((obj["metadata"].get("labels") or {}).items()):
        if key in LEVEL_LABELS and value not in LEVELS:
            known = ", ".join(LEVELS)
            causes.invalid(f"metadata.labels[{key}]", value, f"must be one of {known}")


def _changed(kind: str, old: Object, new: Object, causes: Causes) -> None:
    before, after = old.get("spec") or {}, new.get("spec") or {}
    if kind == "Pod":
        update_validate(old, new, causes)
    elif kind == "StatefulSet":
        workloads.set_change_validate(before, after, causes)
    elif kind in ("Deployment", "ReplicaSet") and before.get("selector") != after.get("selector"):
        causes.invalid("spec.selector", after.get("selector"), IMMUTABLE)
    elif kind == "Job":
        workloads.job_change_validate(old, before, after, causes)
    elif kind in ("RoleBinding", "ClusterRoleBinding") and old["roleRef"] != new["roleRef"]:
        ref = new["roleRef"]
        shown = {"APIGroup": ref["apiGroup"], "Kind": ref["kind"], "Name": ref["name"]}
        causes.invalid("roleRef", shown, IMMUTABLE)
    elif kind in ("ConfigMap", "Secret") and old.get("immutable"):
        if any(old.get(part) != new.get(part) for part in ("data", "binaryData")):
            causes.forbidden("data", "field is immutable when `immutable` is set")
    elif kind == "ControllerRevision" and old.get("data") != new.get("data"):
        causes.invalid("data", new.get("data"), IMMUTABLE)
