"""StatefulSets, Deployments, ReplicaSets and Jobs (k8s.io/kubernetes/pkg/apis/{apps,batch})."""

from __future__ import annotations

import re
from typing import Any

from simulator.api.errors import Causes
from simulator.api.selectors import selector_test
from simulator.objects import Object
from simulator.validation.amounts import NEGATIVE
from simulator.validation.metadata import IMMUTABLE, annotations_validate
from simulator.validation.names import label_problems, labels_validate, selector_validate
from simulator.validation.pods import spec_validate

UNMATCHED = "`selector` does not match template `labels`"
PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or"
    " '93%', regex used for validation is '[0-9]+%')"
)
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
JOB_UIDS = ("batch.kubernetes.io/controller-uid", "controller-uid")
MOST_INDEXES = 100_000


def _at_least_zero(spec: Object, path: str, causes: Causes, *names: str) -> None:
    for name in names:
        if (spec.get(name) or 0) < 0:
            causes.invalid(f"{path}.{name}", spec[name], NEGATIVE)


def stateful_set_validate(spec: Object, causes: Causes) -> None:
    """Check a StatefulSet."""
    if spec.get("podManagementPolicy") not in ("OrderedReady", "Parallel"):
        why = "must be 'OrderedReady' or 'Parallel'"
        causes.invalid("spec.podManagementPolicy", spec.get("podManagementPolicy"), why)
    _set_strategy(spec.get("updateStrategy") or {}, causes)
    retention = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    for name in ("whenDeleted", "whenScaled"):
        if retention.get(name, "Retain") not in ("Retain", "Delete"):
            path = f"spec.persistentVolumeClaimRetentionPolicy.{name}"
            causes.unsupported(path, retention[name], ["Retain", "Delete"])
    _at_least_zero(spec, "spec", causes, "replicas", "minReadySeconds")
    _at_least_zero(spec.get("ordinals") or {}, "spec.ordinals", causes, "start")
    name = spec.get("serviceName", "")
    for why in label_problems(name) if name else ():
        causes.invalid("spec.serviceName", name, why)
    _selected("StatefulSet", spec, causes)
    if (spec.get("template") or {}).get("spec", {}).get("activeDeadlineSeconds") is not None:
        why = "activeDeadlineSeconds in StatefulSet is not Supported"
        causes.forbidden("spec.template.spec.activeDeadlineSeconds", why)


def _set_strategy(strategy: Object, causes: Causes) -> None:
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    path = "spec.updateStrategy"
    if kind == "RollingUpdate":
        _at_least_zero(rolling or {}, f"{path}.rollingUpdate", causes, "partition")
    elif kind != "OnDelete":
        shown = {"Type": kind, "RollingUpdate": rolling}
        causes.invalid(path, shown, "must be 'RollingUpdate' or 'OnDelete'")
    elif rolling is not None:
        shown = {"Partition": rolling.get("partition"), "MaxUnavailable": None}
        why = "only allowed for updateStrategy 'RollingUpdate'"
        causes.invalid(f"{path}.rollingUpdate", shown, why)


def deployment_validate(spec: Object, causes: Causes) -> None:
    """Check a Deployment."""
    _at_least_zero(spec, "spec", causes, "replicas")
    _selected("Deployment", spec, causes)
    _deployment_strategy(spec.get("strategy") or {}, causes)
    _at_least_zero(spec, "spec", causes, "minReadySeconds", "revisionHistoryLimit")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None:
        _at_least_zero(spec, "spec", causes, "progressDeadlineSeconds")
        if deadline <= spec.get("minReadySeconds", 0):
            why = "must be greater than minReadySeconds"
            causes.invalid("spec.progressDeadlineSeconds", deadline, why)


def _deployment_strategy(strategy: Object, causes: Causes) -> None:
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    path = "spec.strategy"
    if kind == "Recreate":
        if rolling is not None:
            why = "may not be specified when strategy `type` is 'Recreate'"
            causes.forbidden(f"{path}.rollingUpdate", why)
    elif kind != "RollingUpdate":
        shown = {"Type": kind, "RollingUpdate": rolling}
        causes.unsupported(path, shown, ["Recreate", "RollingUpdate"])
    else:
        _rolling(rolling or {}, f"{path}.rollingUpdate", causes)


def _rolling(rolling: Object, path: str, causes: Causes) -> None:
    for name in ("maxUnavailable", "maxSurge"):
        value = rolling.get(name, 0)
        if isinstance(value, str):
            if not re.fullmatch("[0-9]+%", value):
                causes.invalid(f"{path}.{name}", value, PERCENT)
            elif name == "maxUnavailable" and int(value[:-1]) > 100:
                causes.invalid(f"{path}.{name}", value, "must not be greater than 100%")
        else:
            _at_least_zero(rolling, path, causes, name)
    zero = {0, "0", "0%"}
    if rolling.get("maxUnavailable", 0) in zero and rolling.get("maxSurge", 0) in zero:
        why = "may not be 0 when `maxSurge` is 0"
        causes.invalid(f"{path}.maxUnavailable", rolling.get("maxUnavailable", 0), why)


def replica_set_validate(spec: Object, causes: Causes) -> None:
    """Check a ReplicaSet."""
    _at_least_zero(spec, "spec", causes, "replicas", "minReadySeconds")
    _selected("ReplicaSet", spec, causes)


def _selected(kind: str, spec: Object, causes: Causes) -> None:
    """Selector and template: the one has to match the other."""
    selector, template = spec.get("selector"), spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    before = len(causes.found)
    if selector is None:
        causes.required("spec.selector")
    else:
        selector_validate(selector, "spec.selector", causes)
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            word = "statefulset" if kind == "StatefulSet" else "deployment"
            causes.invalid("spec.selector", selector, f"empty selector is invalid for {word}")
        elif len(causes.found) > before:
            why = "" if kind == "StatefulSet" else "invalid label selector"
            causes.invalid("spec.selector", selector, why)
    good = len(causes.found) == before
    if selector is None or (good and not selector_test(selector)(labels or {})):
        causes.invalid("spec.template.metadata.labels", labels, UNMATCHED)
    _template(template, causes)
    policy = (template.get("spec") or {}).get("restartPolicy", "Always")
    if policy != "Always":
        causes.unsupported("spec.template.spec.restartPolicy", policy, ["Always"])


def _template(template: Object, causes: Causes) -> None:
    meta = template.get("metadata") or {}
    labels_validate(meta.get("labels") or {}, "spec.template.labels", causes)
    annotations_validate(meta.get("annotations") or {}, "spec.template.annotations", causes)
    spec_validate(template.get("spec") or {}, "spec.template.spec", causes)


def job_validate(obj: Object, causes: Causes, *, fresh: bool) -> None:
    """Check a Job."""
    spec = obj.get("spec") or {}
    _at_least_zero(
        spec, "spec", causes, "parallelism", "completions", "activeDeadlineSeconds",
        "backoffLimit", "ttlSecondsAfterFinished",
    )  # fmt: skip
    mode = spec.get("completionMode")
    if mode not in ("NonIndexed", "Indexed"):
        causes.unsupported("spec.completionMode", mode, ["NonIndexed", "Indexed"])
    if mode == "Indexed":
        _indexed(spec, causes)
    policy = spec.get("podReplacementPolicy", "Failed")
    if policy not in ("Failed", "TerminatingOrFailed"):
        known = ["Failed", "TerminatingOrFailed"]
        causes.unsupported("spec.podReplacementPolicy", policy, known)
    if fresh:
        _job_selected(obj, causes)
    template = spec.get("template") or {}
    _template(template, causes)
    policy = (template.get("spec") or {}).get("restartPolicy", "Always")
    if policy == "Always":
        causes.required("spec.template.spec.restartPolicy", 'valid values: "OnFailure", "Never"')
    if fresh and mode == "Indexed" and spec.get("completions"):
        name = obj["metadata"].get("name", "")
        host = f"{name}-{spec['completions'] - 1}"
        if label_problems(host):
            why = f"will not able to create pod with invalid DNS label: {host}"
            causes.invalid("metadata.name", name, why)


def _indexed(spec: Object, causes: Causes) -> None:
    if "completions" not in spec:
        causes.required("spec.completions", "when completion mode is Indexed")
    if spec.get("parallelism", 0) > MOST_INDEXES:
        why = f"must be less than or equal to {MOST_INDEXES} when completion mode is Indexed"
        causes.invalid("spec.parallelism", spec["parallelism"], why)


def _job_selected(obj: Object, causes: Causes) -> None:
    """The marks by which a Job knows its pods are its server's own."""
    spec, uid = obj["spec"], obj["metadata"].get("uid", "")
    found = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    labels, selector = dict(sorted((found or {}).items())), spec.get("selector")
    if selector is None:
        causes.required("spec.selector")
    if not spec.get("manualSelector"):
        _generated(selector, labels, uid, causes)
    if selector is None or not selector_test(selector)(labels):
        shown = None if found is None else labels
        causes.invalid("spec.template.metadata.labels", shown, UNMATCHED)


def _generated(selector: Any, labels: dict[str, str], uid: str, causes: Causes) -> None:
    if selector != {"matchLabels": {JOB_UIDS[0]: uid}}:
        causes.invalid("spec.selector", selector, "`selector` not auto-generated")
    for key in JOB_UIDS:
        if labels.get(key) != uid:
            path = f"spec.template.metadata.labels[{key}]"
            causes.invalid(path, labels, f"must be '{uid}'")


def set_change_validate(before: Object, after: Object, causes: Causes) -> None:
    """Check what became of a StatefulSet."""
    named = ("serviceName", "podManagementPolicy", "selector", "volumeClaimTemplates")
    for name in named:
        if before.get(name) != after.get(name):
            causes.invalid(f"spec.{name}", after.get(name), IMMUTABLE)
    rest = {*before, *after} - {*SET_MUTABLE, *named}
    if any(before.get(name) != after.get(name) for name in rest):
        causes.forbidden("spec", SET_UPDATE)


def job_change_validate(old: Object, before: Object, after: Object, causes: Causes) -> None:
    """Check what became of a Job."""
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


def _fixed(spec: Object) -> dict[str, Any]:
    template = spec.get("template") or {}
    return {
        "metadata": dict(template.get("metadata") or {}),
        "spec": dict(template.get("spec") or {}),
    }


def _may_move(old: Object, before: Object) -> bool:
    """A suspended Job that has never begun, or has stopped, may be sent elsewhere."""
    status = old.get("status") or {}
    return bool(before.get("suspend")) and not status.get("startTime")
