"""The columns of each kind and what stands in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from simulator.api.ages import age, between
from simulator.api.pod_row import pod_row
from simulator.objects import Object, condition_of

Cells = list[Any]
_NAME = ("Name", "string", 0)
_AGE = ("Age", "string", 0)
_CREATED = ("Created At", "date", 0)
_WORK = [("Containers", "string", 1), ("Images", "string", 1)]
_PODS_OF = [*_WORK, ("Selector", "string", 1)]

COLUMNS: dict[str, list[tuple[str, str, int]]] = {
    "": [_NAME, _CREATED],
    "ConfigMap": [_NAME, ("Data", "string", 0), _AGE],
    "Secret": [_NAME, ("Type", "string", 0), ("Data", "string", 0), _AGE],
    "ResourceQuota": [_NAME, ("Request", "string", 0), ("Limit", "string", 0), _AGE],
    "Pod": [
        _NAME, ("Ready", "string", 0), ("Status", "string", 0), ("Restarts", "string", 0), _AGE,
        ("IP", "string", 1), ("Node", "string", 1), ("Nominated Node", "string", 1),
        ("Readiness Gates", "string", 1),
    ],
    "ServiceAccount": [_NAME, _AGE],
    "StatefulSet": [_NAME, ("Ready", "string", 0), _AGE, *_WORK],
    "Deployment": [
        _NAME, ("Ready", "string", 0), ("Up-to-date", "string", 0), ("Available", "string", 0),
        _AGE, *_PODS_OF,
    ],
    "ReplicaSet": [
        _NAME, ("Desired", "integer", 0), ("Current", "integer", 0), ("Ready", "integer", 0), _AGE,
        *_PODS_OF,
    ],
    "Job": [
        _NAME, ("Status", "string", 0), ("Completions", "string", 0), ("Duration", "string", 0),
        _AGE, *_PODS_OF,
    ],
    "Namespace": [_NAME, ("Status", "string", 0), _AGE],
    "Node": [
        _NAME, ("Status", "string", 0), ("Roles", "string", 0), _AGE, ("Version", "string", 0),
        ("Internal-IP", "string", 1), ("External-IP", "string", 1), ("OS-Image", "string", 1),
        ("Kernel-Version", "string", 1), ("Container-Runtime", "string", 1),
    ],
    "Event": [
        ("Last Seen", "string", 0), ("Type", "string", 0), ("Reason", "string", 0),
        ("Object", "string", 0), ("Subobject", "string", 1), ("Source", "string", 1),
        ("Message", "string", 0), ("First Seen", "string", 1), ("Count", "string", 1),
        ("Name", "string", 1),
    ],
    "RoleBinding": [
        _NAME, ("Role", "string", 0), _AGE, ("Users", "string", 1), ("Groups", "string", 1),
        ("ServiceAccounts", "string", 1),
    ],
    "ValidatingAdmissionPolicy": [
        _NAME, ("Validations", "integer", 0), ("ParamKind", "string", 0), _AGE,
    ],
    "ValidatingAdmissionPolicyBinding": [
        _NAME, ("PolicyName", "string", 0), ("ParamRef", "string", 0), _AGE,
    ],
    "MutatingAdmissionPolicy": [
        _NAME, ("Mutations", "integer", 0), ("ParamKind", "string", 0), _AGE,
    ],
    "PriorityClass": [
        _NAME, ("Value", "integer", 0), ("Global-Default", "boolean", 0), _AGE,
        ("PreemptionPolicy", "string", 0),
    ],
    "NetworkPolicy": [_NAME, ("Pod-Selector", "string", 0), _AGE],
    "ControllerRevision": [
        _NAME, ("Controller", "string", 0), ("Revision", "string", 0), _AGE,
    ],
}  # fmt: skip
COLUMNS["ClusterRoleBinding"] = COLUMNS["RoleBinding"]
COLUMNS["MutatingAdmissionPolicyBinding"] = COLUMNS["ValidatingAdmissionPolicyBinding"]


def cells(kind: str, obj: Object) -> Cells:
    """What stands in a row."""
    meta = obj["metadata"]
    found = CELLS.get(kind)
    if found is None:
        return [meta["name"], meta["creationTimestamp"]]
    return found(obj, age(meta.get("creationTimestamp")))


def _config_map(obj: Object, ago: str) -> Cells:
    count = len(obj.get("data") or {}) + len(obj.get("binaryData") or {})
    return [obj["metadata"]["name"], count, ago]


def _secret(obj: Object, ago: str) -> Cells:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or {}), ago]


def _quota(obj: Object, ago: str) -> Cells:
    status = obj.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    texts: dict[bool, list[str]] = {False: [], True: []}
    for key in sorted(hard):
        limits = key.startswith("limits.")
        texts[limits].append(f"{key}: {used.get(key, '0')}/{hard[key]}")
    return [obj["metadata"]["name"], ", ".join(texts[False]), ", ".join(texts[True]), ago]


def _selector(selector: Object | None) -> str:
    if selector is None:
        return "<none>"
    found = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    return ",".join(found) or "<none>"


def _work(spec: Object) -> tuple[str, str]:
    containers = ((spec.get("template") or {}).get("spec") or {}).get("containers") or ()
    return ",".join(c["name"] for c in containers), ",".join(c["image"] for c in containers)


def _stateful_set(obj: Object, ago: str) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    return [obj["metadata"]["name"], ready, ago, *_work(spec)]


def _deployment(obj: Object, ago: str) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    new, there = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    name = obj["metadata"]["name"]
    return [name, ready, str(new), str(there), ago, *_work(spec), _selector(spec.get("selector"))]


def _replica_set(obj: Object, ago: str) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    counts = [spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [obj["metadata"]["name"], *counts, ago, *_work(spec), _selector(spec.get("selector"))]


def _job(obj: Object, ago: str) -> Cells:
    spec, status = obj["spec"], obj.get("status") or {}
    done = status.get("succeeded", 0)
    if spec.get("completions") is not None:
        completions = f"{done}/{spec['completions']}"
    else:
        parallel = spec.get("parallelism", 0)
        completions = f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"
    took = ""
    if status.get("startTime"):
        end = status.get("completionTime") or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        took = between(status["startTime"], end)
    name = obj["metadata"]["name"]
    work = _work(spec)
    return [name, _job_state(obj), completions, took, ago, *work, _selector(spec.get("selector"))]


def _job_state(obj: Object) -> str:
    def holds(kind: str) -> bool:
        found = condition_of(obj, kind)
        return found is not None and found["status"] == "True"

    for kind in ("Complete", "Failed"):
        if holds(kind):
            return kind
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for kind in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if holds(kind):
            return kind
    return "Running"


def _namespace(obj: Object, ago: str) -> Cells:
    return [obj["metadata"]["name"], (obj.get("status") or {}).get("phase", ""), ago]


def _node(obj: Object, ago: str) -> Cells:
    status, labels = obj.get("status") or {}, obj["metadata"].get("labels") or {}
    ready = condition_of(obj, "Ready")
    state = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    if (obj.get("spec") or {}).get("unschedulable"):
        state += ",SchedulingDisabled"
    prefix = "node-role.kubernetes.io/"
    roles = ",".join(sorted(k[len(prefix) :] for k in labels if k.startswith(prefix))) or "<none>"
    places = {a["type"]: a["address"] for a in status.get("addresses") or ()}
    info = status.get("nodeInfo") or {}

    def known(name: str) -> str:
        return info.get(name) or "<unknown>"

    kernel = known("kernelVersion")
    if info.get("architecture") and kernel != "<unknown>":
        kernel = f"{kernel} ({info['architecture']})"
    return [
        obj["metadata"]["name"], state, roles, ago, info.get("kubeletVersion", ""),
        places.get("InternalIP", "<none>"), places.get("ExternalIP", "<none>"), known("osImage"),
        kernel, known("containerRuntimeVersion"),
    ]  # fmt: skip


def _event(obj: Object, _ago: str) -> Cells:
    about, source = obj.get("involvedObject") or {}, obj.get("source") or {}
    where = ", ".join(filter(None, (source.get("component"), source.get("host"))))
    first, last = age(obj.get("firstTimestamp")), age(obj.get("lastTimestamp"))
    target = f"{about.get('kind', '').lower()}/{about.get('name', '')}"
    return [
        last, obj.get("type", ""), obj.get("reason", ""), target, about.get("fieldPath", ""), where,
        str(obj.get("message", "")).strip(), first, obj.get("count", 1), obj["metadata"]["name"],
    ]  # fmt: skip


def _binding(obj: Object, ago: str) -> Cells:
    found: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in obj.get("subjects") or ():
        name = subject["name"]
        if subject["kind"] == "ServiceAccount":
            name = f"{subject.get('namespace', '')}/{name}"
        found[subject["kind"]].append(name)
    role = f"{obj['roleRef']['kind']}/{obj['roleRef']['name']}"
    return [obj["metadata"]["name"], role, ago, *(", ".join(names) for names in found.values())]


def _policy(part: str) -> Callable[[Object, str], Cells]:
    def row(obj: Object, ago: str) -> Cells:
        return [obj["metadata"]["name"], len(obj["spec"].get(part) or ()), "<unset>", ago]

    return row


def _policy_binding(obj: Object, ago: str) -> Cells:
    return [obj["metadata"]["name"], obj["spec"].get("policyName", ""), "<unset>", ago]


def _priority_class(obj: Object, ago: str) -> Cells:
    default = bool(obj.get("globalDefault"))
    policy = obj.get("preemptionPolicy", "")
    return [obj["metadata"]["name"], obj["value"], default, ago, policy]


def _network_policy(obj: Object, ago: str) -> Cells:
    return [obj["metadata"]["name"], _selector(obj["spec"].get("podSelector")), ago]


def _revision(obj: Object, ago: str) -> Cells:
    owners = obj["metadata"].get("ownerReferences") or ()
    owner = next((o for o in owners if o.get("controller")), None)
    shown = "<none>"
    if owner:
        group = owner["apiVersion"].rpartition("/")[0]
        shown = f"{owner['kind'].lower()}.{group}/{owner['name']}"
    return [obj["metadata"]["name"], shown, obj.get("revision", 0), ago]


CELLS: dict[str, Callable[[Object, str], Cells]] = {
    "ConfigMap": _config_map,
    "Secret": _secret,
    "ResourceQuota": _quota,
    "Pod": pod_row,
    "ServiceAccount": lambda obj, ago: [obj["metadata"]["name"], ago],
    "StatefulSet": _stateful_set,
    "Deployment": _deployment,
    "ReplicaSet": _replica_set,
    "Job": _job,
    "Namespace": _namespace,
    "Node": _node,
    "Event": _event,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
    "ValidatingAdmissionPolicy": _policy("validations"),
    "MutatingAdmissionPolicy": _policy("mutations"),
    "ValidatingAdmissionPolicyBinding": _policy_binding,
    "MutatingAdmissionPolicyBinding": _policy_binding,
    "PriorityClass": _priority_class,
    "NetworkPolicy": _network_policy,
    "ControllerRevision": _revision,
}
