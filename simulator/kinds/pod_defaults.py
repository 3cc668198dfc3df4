"""Defaults of pods and pod templates (k8s.io/kubernetes/pkg/apis/core/v1/defaults.go)."""

from __future__ import annotations

from typing import Any

from simulator.objects import Object

VOLUME_MODES = ("secret", "configMap", "projected", "downwardAPI")


def template_defaults(template: Object) -> None:
    """Fill in what a pod template leaves out."""
    template.setdefault("metadata", {})
    spec_defaults(template.setdefault("spec", {}))


def spec_defaults(spec: Object) -> None:
    """Fill in what a pod's spec leaves out."""
    for name, value in (
        ("restartPolicy", "Always"),
        ("dnsPolicy", "ClusterFirst"),
        ("schedulerName", "default-scheduler"),
        ("terminationGracePeriodSeconds", 30),
    ):
        spec.setdefault(name, value)
    spec.setdefault("securityContext", {})
    if "serviceAccountName" in spec or "serviceAccount" in spec:
        name = spec.get("serviceAccountName") or spec["serviceAccount"]
        spec["serviceAccountName"] = spec["serviceAccount"] = name
    for part in ("containers", "initContainers", "ephemeralContainers"):
        for container in spec.get(part) or ():
            container_defaults(container)
    for volume in spec.get("volumes") or ():
        if volume.keys() <= {"name"}:
            volume["emptyDir"] = {}
        for mode in VOLUME_MODES:
            if isinstance(volume.get(mode), dict):
                volume[mode].setdefault("defaultMode", 420)


def pod_defaults(pod: Object) -> None:
    """Fill in what only a pod itself has."""
    spec = pod.setdefault("spec", {})
    spec_defaults(spec)
    spec.setdefault("enableServiceLinks", True)
    for part in ("containers", "initContainers"):
        for container in spec.get(part) or ():
            requests_from_limits(container)
    pod.setdefault("status", {})


def container_defaults(container: Object) -> None:
    """Fill in what a container leaves out."""
    image = str(container.get("image", ""))
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    always = tag in ("", "latest") and "@" not in image
    container.setdefault("imagePullPolicy", "Always" if always else "IfNotPresent")
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("resources", {})
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            _probe_defaults(container[probe])
    for entry in container.get("env") or ():
        reference = (entry.get("valueFrom") or {}).get("fieldRef")
        if reference is not None:
            reference.setdefault("apiVersion", "v1")


def _probe_defaults(probe: dict[str, Any]) -> None:
    for name, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe.setdefault(name, value)


def requests_from_limits(container: Object) -> None:
    """A container asks for what it is limited to, where it does not say otherwise."""
    resources = container.get("resources") or {}
    limits = resources.get("limits") or {}
    if not limits:
        return
    requests = resources.setdefault("requests", {})
    for key, amount in limits.items():
        requests.setdefault(key, amount)


def quality_of_service(spec: Object) -> str:
    """Guaranteed, Burstable or BestEffort (pkg/apis/core/v1/helper/qos)."""
    guaranteed = True
    asked = False
    for container in [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]:
        resources = container.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        named = {"cpu", "memory"} & (requests.keys() | limits.keys())
        asked = asked or any(limits.get(key, requests.get(key)) != "0" for key in named)
        whole = {"cpu", "memory"} <= limits.keys()
        guaranteed = guaranteed and whole and all(requests.get(k) == limits[k] for k in named)
    if not asked:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"
