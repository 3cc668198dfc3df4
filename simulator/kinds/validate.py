"""What makes an object invalid, by kind: new ones, and changes of old ones."""

from __future__ import annotations

from typing import Any

from simulator.api.errors import Causes
from simulator.api.selectors import selector_test
from simulator.kinds.names import key_problems, metadata_texts_validate, metadata_validate
from simulator.kinds.pod_validate import spec_validate, update_validate
from simulator.kinds.quantity import parse
from simulator.objects import Object

IMMUTABLE = "field is immutable"
LEVELS = ("privileged", "baseline", "restricted")
LEVEL_LABELS = {f"pod-security.kubernetes.io/{name}" for name in ("enforce", "audit", "warn")}
QUOTA_KEYS = {
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.storage",
    "requests.ephemeral-storage", "limits.cpu", "limits.memory", "limits.ephemeral-storage",
    "pods", "services", "services.loadbalancers", "services.nodeports", "configmaps", "secrets",
    "persistentvolumeclaims", "replicationcontrollers", "resourcequotas",
}  # fmt: skip
SET_MUTABLE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
)  # fmt: skip
SET_UPDATE = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
    " 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and"
    " 'minReadySeconds' are forbidden"
)
SCHEDULING = ("nodeSelector", "affinity", "tolerations", "schedulingGates")


def new_validate(kind: str, obj: Object) -> Causes:
    """Everything that is wrong with a new object."""
    causes = Causes()
    metadata_validate(kind, obj, causes)
    _content(kind, obj, causes)
    return causes


def change_validate(kind: str, old: Object, new: Object) -> Causes:
    """Everything that is wrong with a changed object."""
    causes = Causes()
    before, after = old["metadata"], new["metadata"]
    for name in ("uid", "creationTimestamp", "name", "namespace"):
        if after.get(name) != before.get(name):
            causes.invalid(f"metadata.{name}", after.get(name), IMMUTABLE)
    if before.get("deletionTimestamp"):
        fresh = [
            f for f in after.get("finalizers") or () if f not in (before.get("finalizers") or ())
        ]
        if fresh:
            shown = ", ".join(f'"{f}"' for f in fresh)
            causes.forbidden(
                "metadata.finalizers",
                "no new finalizers can be added if the object is being deleted, found new"
                f" finalizers []string{{{shown}}}",
            )
    metadata_texts_validate(after, causes)
    _content(kind, new, causes, fresh=False)
    _changed(kind, old, new, causes)
    return causes


def _content(kind: str, obj: Object, causes: Causes, *, fresh: bool = True) -> None:
    spec = obj.get("spec") or {}
    if kind == "Pod":
        spec_validate(spec, "spec", causes)
    elif kind in ("StatefulSet", "Deployment", "ReplicaSet"):
        _workload(kind, spec, causes)
    elif kind == "Job":
        _job(spec, causes, fresh=fresh)
    elif kind == "ResourceQuota":
        _quota(spec, causes)
    elif kind == "LimitRange":
        _limit_range(spec, causes)
    elif kind == "Namespace":
        for key, value in sorted((obj["metadata"].get("labels") or {}).items()):
            if key in LEVEL_LABELS and value not in LEVELS:
                known = ", ".join(LEVELS)
                causes.invalid(f"metadata.labels[{key}]", value, f"must be one of {known}")


def _workload(kind: str, spec: Object, causes: Causes) -> None:
    if spec.get("replicas", 0) < 0:
        causes.invalid("spec.replicas", spec["replicas"], "must be greater than or equal to 0")
    selector, template = spec.get("selector"), spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    if selector is None:
        causes.required("spec.selector")
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        why = f"empty selector is invalid for {kind.lower()}"
        causes.invalid("spec.selector", selector, why)
    elif not selector_test(selector)(labels):
        why = "`selector` does not match template `labels`"
        causes.invalid("spec.template.metadata.labels", labels, why)
    spec_validate(template.get("spec") or {}, "spec.template.spec", causes)
    if (template.get("spec") or {}).get("restartPolicy") not in (None, "Always"):
        causes.unsupported(
            "spec.template.spec.restartPolicy", template["spec"]["restartPolicy"], ["Always"]
        )


def _job(spec: Object, causes: Causes, *, fresh: bool) -> None:
    for name in ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds"):
        if spec.get(name, 0) < 0:
            causes.invalid(f"spec.{name}", spec[name], "must be greater than or equal to 0")
    indexed = spec.get("completionMode") == "Indexed"
    if indexed and "completions" not in spec:
        causes.required("spec.completions", "when completion mode is Indexed")
    template = (spec.get("template") or {}).get("spec") or {}
    spec_validate(template, "spec.template.spec", causes)
    policy = template.get("restartPolicy", "Always")
    if policy == "Always":
        causes.required("spec.template.spec.restartPolicy", 'valid values: "OnFailure", "Never"')


def _quota(spec: Object, causes: Causes) -> None:
    for key, amount in sorted((spec.get("hard") or {}).items()):
        path = f"spec.hard[{key}]"
        for why in key_problems(key):
            causes.invalid(path, key, why)
        if "/" not in key and key not in QUOTA_KEYS:
            causes.invalid(path, key, "must be a standard resource type or fully qualified")
            causes.invalid(path, key, "must be a standard resource for quota")
        if parse(amount) < 0:
            causes.invalid(path, amount, "must be greater than or equal to 0")


def _limit_range(spec: Object, causes: Causes) -> None:
    for index, item in enumerate(spec.get("limits") or ()):
        path = f"spec.limits[{index}]"
        low, high = item.get("min") or {}, item.get("max") or {}
        requests, limits = item.get("defaultRequest") or {}, item.get("default") or {}
        for key in sorted({*low, *high, *requests, *limits}):
            _bounds(key, path, low, high, requests, limits, causes)


def _bounds(
    key: str,
    path: str,
    low: Any,
    high: Any,
    requests: Any,
    limits: Any,
    causes: Causes,
) -> None:
    def above(one: Any, other: Any) -> bool:
        return key in one and key in other and parse(one[key]) > parse(other[key])

    if above(low, high):
        why = f"min value {low[key]} is greater than max value {high[key]}"
        causes.invalid(f"{path}.min[{key}]", low[key], why)
    if above(low, requests):
        why = f"min value {low[key]} is greater than default request value {requests[key]}"
        causes.invalid(f"{path}.defaultRequest[{key}]", requests[key], why)
    if above(requests, high):
        why = f"default request value {requests[key]} is greater than max value {high[key]}"
        causes.invalid(f"{path}.defaultRequest[{key}]", requests[key], why)
    if above(requests, limits):
        why = f"default request value {requests[key]} is greater than default limit value"
        causes.invalid(f"{path}.defaultRequest[{key}]", requests[key], f"{why} {limits[key]}")
    if above(low, limits):
        why = f"min value {low[key]} is greater than default value {limits[key]}"
        causes.invalid(f"{path}.default[{key}]", low[key], why)
    if above(limits, high):
        why = f"default value {limits[key]} is greater than max value {high[key]}"
        causes.invalid(f"{path}.default[{key}]", high[key], why)


def _changed(kind: str, old: Object, new: Object, causes: Causes) -> None:
    before, after = old.get("spec") or {}, new.get("spec") or {}
    if kind == "Pod":
        update_validate(old, new, causes)
    elif kind == "StatefulSet":
        _set_changed(before, after, causes)
    elif kind in ("Deployment", "ReplicaSet") and before.get("selector") != after.get("selector"):
        causes.invalid("spec.selector", after.get("selector"), IMMUTABLE)
    elif kind == "Job":
        _job_changed(old, before, after, causes)
    elif kind in ("RoleBinding", "ClusterRoleBinding") and old["roleRef"] != new["roleRef"]:
        ref = new["roleRef"]
        shown = {"APIGroup": ref["apiGroup"], "Kind": ref["kind"], "Name": ref["name"]}
        causes.invalid("roleRef", shown, IMMUTABLE)
    elif kind in ("ConfigMap", "Secret") and old.get("immutable"):
        if any(old.get(part) != new.get(part) for part in ("data", "binaryData")):
            causes.forbidden("data", "field is immutable when `immutable` is set")
    elif kind == "ControllerRevision" and old.get("data") != new.get("data"):
        causes.invalid("data", new.get("data"), IMMUTABLE)


def _set_changed(before: Object, after: Object, causes: Causes) -> None:
    named = ("serviceName", "podManagementPolicy", "selector", "volumeClaimTemplates")
    wrong = [name for name in named if before.get(name) != after.get(name)]
    for name in wrong:
        causes.invalid(f"spec.{name}", after.get(name), IMMUTABLE)
    rest = {*before, *after} - {*SET_MUTABLE, *named}
    if any(before.get(name) != after.get(name) for name in rest):
        causes.forbidden("spec", SET_UPDATE)


def _job_changed(old: Object, before: Object, after: Object, causes: Causes) -> None:
    for name in ("selector", "completionMode", "podReplacementPolicy", "backoffLimitPerIndex"):
        if before.get(name) != after.get(name):
            causes.invalid(f"spec.{name}", after.get(name), IMMUTABLE)
    changed = before.get("completions") != after.get("completions")
    elastic = after.get("completionMode") == "Indexed" and after.get("completions") == after.get(
        "parallelism"
    )
    if changed and not elastic:
        causes.invalid("spec.completions", after.get("completions"), IMMUTABLE)
    one, other = _fixed(before), _fixed(after)
    if _may_move(old, before) and one != other:
        for template in (one, other):
            for name in SCHEDULING:
                (template.get("spec") or {}).pop(name, None)
            for name in ("labels", "annotations"):
                (template.get("metadata") or {}).pop(name, None)
    if one != other:
        causes.invalid("spec.template", after.get("template"), IMMUTABLE)


def _fixed(spec: Object) -> Object:
    template = spec.get("template") or {}
    return {
        "metadata": dict(template.get("metadata") or {}),
        "spec": dict(template.get("spec") or {}),
    }


def _may_move(old: Object, before: Object) -> bool:
    """A suspended Job that has never begun, or has stopped, may be sent elsewhere."""
    status = old.get("status") or {}
    return bool(before.get("suspend")) and not status.get("startTime")
