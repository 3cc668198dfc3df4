"""Defaults by kind, as an API server fills them in before anybody looks."""

from __future__ import annotations

import base64
from collections.abc import Callable

from simulator.kinds.pod_defaults import pod_defaults, template_defaults
from simulator.objects import Object

RBAC = "rbac.authorization.k8s.io"


def apply_defaults(kind: str, obj: Object) -> None:
    """Fill in what an object leaves out."""
    found = DEFAULTS.get(kind)
    if found is not None:
        found(obj)


def _stateful_set(obj: Object) -> None:
    spec, status = obj.setdefault("spec", {}), obj.setdefault("status", {})
    spec.setdefault("podManagementPolicy", "OrderedReady")
    strategy = spec.setdefault("updateStrategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    retention.setdefault("whenDeleted", "Retain")
    retention.setdefault("whenScaled", "Retain")
    spec.setdefault("replicas", 1)
    spec.setdefault("revisionHistoryLimit", 10)
    template_defaults(spec.setdefault("template", {}))
    status.setdefault("replicas", 0)
    status.setdefault("availableReplicas", 0)


def _job(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 2147483647 if "backoffLimitPerIndex" in spec else 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    failed = "podFailurePolicy" in spec
    spec.setdefault("podReplacementPolicy", "Failed" if failed else "TerminatingOrFailed")
    template_defaults(spec.setdefault("template", {}))
    labels = spec["template"]["metadata"].get("labels")
    if labels and not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = labels  # shared, until the server adds its own marks
    obj.setdefault("status", {})


def _deployment(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    template_defaults(spec.setdefault("template", {}))
    obj.setdefault("status", {})


def _replica_set(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    template_defaults(spec.setdefault("template", {}))
    obj.setdefault("status", {}).setdefault("replicas", 0)


def _namespace(obj: Object) -> None:
    obj.setdefault("spec", {})
    obj.setdefault("status", {}).setdefault("phase", "Active")
    name = obj["metadata"].get("name")
    if name:
        obj["metadata"].setdefault("labels", {}).setdefault("kubernetes.io/metadata.name", name)


def _node(obj: Object) -> None:
    obj.setdefault("spec", {})
    status = obj.setdefault("status", {})
    if "capacity" in status:
        allocatable = status.setdefault("allocatable", {})
        for key, amount in status["capacity"].items():
            allocatable.setdefault(key, amount)
    status.setdefault("daemonEndpoints", {}).setdefault("kubeletEndpoint", {"Port": 0})
    info = status.setdefault("nodeInfo", {})
    for name in (
        "machineID", "systemUUID", "bootID", "kernelVersion", "osImage",
        "containerRuntimeVersion", "kubeletVersion", "kubeProxyVersion", "operatingSystem",
        "architecture",
    ):  # fmt: skip
        info.setdefault(name, "")


def _limit_range(obj: Object) -> None:
    for item in obj.setdefault("spec", {}).get("limits") or ():
        if item.get("type") != "Container":
            continue
        limits = item.setdefault("default", {})
        requests = item.setdefault("defaultRequest", {})
        for key, amount in (item.get("max") or {}).items():
            limits.setdefault(key, amount)
        for key, amount in limits.items():
            requests.setdefault(key, amount)
        for key, amount in (item.get("min") or {}).items():
            requests.setdefault(key, amount)
        for name in ("default", "defaultRequest"):
            if not item[name]:
                del item[name]


def _network_policy(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("podSelector", {})
    if "policyTypes" not in spec:
        spec["policyTypes"] = ["Ingress"] + (["Egress"] if "egress" in spec else [])
    for rule in [*(spec.get("ingress") or ()), *(spec.get("egress") or ())]:
        for port in rule.get("ports") or ():
            port.setdefault("protocol", "TCP")


def _binding(obj: Object) -> None:
    obj.setdefault("roleRef", {}).setdefault("apiGroup", RBAC)
    for subject in obj.get("subjects") or ():
        if subject.get("kind") in ("User", "Group"):
            subject.setdefault("apiGroup", RBAC)


def _quota(obj: Object) -> None:
    obj.setdefault("spec", {})
    obj.setdefault("status", {})


def _secret(obj: Object) -> None:
    obj.setdefault("type", "Opaque")
    texts = obj.pop("stringData", None)
    if texts:
        data = obj.setdefault("data", {})
        for key, text in texts.items():
            data[key] = base64.b64encode(text.encode()).decode()


def _rules(spec: Object) -> None:
    constraints = spec.setdefault("matchConstraints", {})
    constraints.setdefault("namespaceSelector", {})
    constraints.setdefault("objectSelector", {})
    constraints.setdefault("matchPolicy", "Equivalent")
    for rule in constraints.get("resourceRules") or ():
        rule.setdefault("scope", "*")


def _policy(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("failurePolicy", "Fail")
    _rules(spec)
    if obj.get("kind") == "ValidatingAdmissionPolicy":
        obj.setdefault("status", {})


def _policy_binding(obj: Object) -> None:
    resources = obj.setdefault("spec", {}).get("matchResources")
    if resources is not None:
        resources.setdefault("namespaceSelector", {})
        resources.setdefault("objectSelector", {})
        resources.setdefault("matchPolicy", "Equivalent")


def _event(obj: Object) -> None:
    obj.setdefault("eventTime", None)
    obj.setdefault("reportingComponent", "")
    obj.setdefault("reportingInstance", "")
    obj.setdefault("source", {})


def _priority_class(obj: Object) -> None:
    obj.setdefault("preemptionPolicy", "PreemptLowerPriority")


DEFAULTS: dict[str, Callable[[Object], None]] = {
    "Pod": pod_defaults,
    "StatefulSet": _stateful_set,
    "Job": _job,
    "Deployment": _deployment,
    "ReplicaSet": _replica_set,
    "Namespace": _namespace,
    "Node": _node,
    "LimitRange": _limit_range,
    "NetworkPolicy": _network_policy,
    "RoleBinding": _binding,
    "ClusterRoleBinding": _binding,
    "ResourceQuota": _quota,
    "Secret": _secret,
    "ValidatingAdmissionPolicy": _policy,
    "MutatingAdmissionPolicy": _policy,
    "ValidatingAdmissionPolicyBinding": _policy_binding,
    "MutatingAdmissionPolicyBinding": _policy_binding,
    "Event": _event,
    "PriorityClass": _priority_class,
}
