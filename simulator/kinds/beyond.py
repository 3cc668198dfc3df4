"""Fields that a real cluster acts on and the simulator has no idea of.

An object that uses one is refused by the field's name, so that nothing is accepted and then
ignored. Paths are read as "a[].b": every item of a list; "a[]=X" and "a.b=X" mean that value alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from simulator.objects import Object
from simulator.schema.types import schema_file

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
VOLUME = "io.k8s.api.core.v1.Volume"
# What a kubelet that runs nothing has no trouble with.
PLAIN_VOLUMES = {
    "configMap", "downwardAPI", "emptyDir", "hostPath", "name", "projected", "secret",
}  # fmt: skip
CONTAINER = ("ports[].hostPort", "resources.claims", "restartPolicyRules", "volumeDevices")
POD = (
    f"affinity.podAffinity.{REQUIRED}", f"affinity.podAntiAffinity.{REQUIRED}",
    "activeDeadlineSeconds", "evictionResponders", "overhead", "readinessGates", "resourceClaims",
    "resources", "runtimeClassName", "schedulingGroup",
    "topologySpreadConstraints[].whenUnsatisfiable=DoNotSchedule",
    "volumes[].projected.sources[].clusterTrustBundle",
    "volumes[].projected.sources[].podCertificate",
    "containers[].restartPolicy",
    *(f"initContainers[].restartPolicy={policy}" for policy in ("Never", "OnFailure")),
    *(f"{part}[].{name}" for part in ("containers", "initContainers") for name in CONTAINER),
)  # fmt: skip
ZERO_IS_NOTHING = ("hostPort", "minReadySeconds")
MATCHING = ("namespaceSelector", "objectSelector", "excludeResourceRules")
RULES = tuple(
    f"resourceRules[].{name}" for name in ("resourceNames", "scope=Cluster", "scope=Namespaced")
)
POLICY = (
    "auditAnnotations", "paramKind", *(f"matchConstraints.{name}" for name in (*MATCHING, *RULES)),
)  # fmt: skip
BINDING = (
    "matchResources.excludeResourceRules", "matchResources.resourceRules", "paramRef",
    "validationActions[]=Warn",
)  # fmt: skip
JOB = (
    "activeDeadlineSeconds", "backoffLimitPerIndex", "managedBy", "maxFailedIndexes",
    "podFailurePolicy", "scheduling", "successPolicy",
)  # fmt: skip
STATEFUL_SET = (
    "minReadySeconds", "updateStrategy.rollingUpdate.maxUnavailable", "volumeClaimTemplates",
)  # fmt: skip


@cache
def _paths(kind: str) -> tuple[str, ...]:
    """The paths that are refused of a kind."""
    volumes = (name for name in schema_file()["types"][VOLUME]["fields"])
    pod = (*POD, *(f"volumes[].{name}" for name in volumes if name not in PLAIN_VOLUMES))
    template = tuple(f"template.spec.{path}" for path in pod)
    specs: dict[str, tuple[str, ...]] = {
        "Pod": pod,
        "StatefulSet": (*STATEFUL_SET, *template),
        "Job": (*JOB, *template),
        "Deployment": ("minReadySeconds", "paused", *template),
        "ReplicaSet": ("minReadySeconds", *template),
        "ResourceQuota": ("scopeSelector", "scopes"),
        "ValidatingAdmissionPolicy": POLICY,
        "MutatingAdmissionPolicy": POLICY,
        "ValidatingAdmissionPolicyBinding": BINDING,
        "MutatingAdmissionPolicyBinding": BINDING,
    }
    whole = {
        "ClusterRole": ("aggregationRule",),
        "Secret": ("type=kubernetes.io/service-account-token",),
    }
    return (*(f"spec.{path}" for path in specs.get(kind, ())), *whole.get(kind, ()))


def beyond(kind: str, obj: Object, old: Object | None = None) -> str:
    """The first field of an object that is not modelled; empty for none.

    What `old` has already is let be, so that it can still be changed and deleted.
    """
    for path in _paths(kind):
        found = list(_values(obj, path))
        if found and (old is None or found != list(_values(old, path))):
            return path
    if kind == "Pod" and old is None and _may_preempt(obj.get("spec") or {}):
        return "spec.priority (preemption)"
    return ""


def _may_preempt(spec: Object) -> bool:
    """A pod above the others drives them away, and one below them is driven away."""
    priority = spec.get("priority") or 0
    return priority < 0 or (priority > 0 and spec.get("preemptionPolicy") != "Never")


def _values(obj: Any, path: str) -> Iterator[Any]:
    """Everything that stands at a path and is not empty."""
    steps, wanted = _steps(path)
    for item in _reached(obj, steps):
        if item == wanted if wanted else not _is_nothing(item, steps[-1]):
            yield item


def _is_nothing(item: Any, name: str) -> bool:
    """Whether a value means the same as none at all."""
    if isinstance(item, bool | int):
        return item is False or (item == 0 and name in ZERO_IS_NOTHING)
    return item in (None, "", [], {})


@cache
def _steps(path: str) -> tuple[tuple[str, ...], str]:
    steps, _sign, wanted = path.partition("=")
    return tuple(steps.split(".")), wanted


def _reached(value: Any, steps: tuple[str, ...]) -> Iterator[Any]:
    if not steps:
        yield value
    elif isinstance(value, dict):
        found = value.get(steps[0].removesuffix("[]"))
        for item in (found or ()) if steps[0].endswith("[]") else (found,):
            yield from _reached(item, steps[1:])
