"""Containers: names, images, ports, probes, rights (k8s.io/kubernetes/pkg/apis/core/validation)."""

from __future__ import annotations

from typing import Any

from simulator.api.errors import Causes
from simulator.objects import Object
from simulator.validation.amounts import NEGATIVE, amounts_validate
from simulator.validation.names import label_problems, port_problems
from simulator.validation.references import env_validate
from simulator.validation.volumes import mounts_validate

PULL_POLICIES = ["Always", "IfNotPresent", "Never"]
RESTART_POLICIES = ["Always", "Never", "OnFailure"]
MESSAGE_POLICIES = ["File", "FallbackToLogsOnError"]
PROTOCOLS = ["SCTP", "TCP", "UDP"]
HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
PROFILES = ["Localhost", "RuntimeDefault", "Unconfined"]
NOT_IN_INIT = "may not be set for init containers without restartPolicy=Always"
USER_RANGE = "must be between 0 and 2147483647, inclusive"
SPACES = "must not have leading or trailing whitespace"


def containers_validate(
    spec: Object, volumes: set[str], path: str, causes: Causes, *, in_pod: bool
) -> None:
    """Check the containers of a pod, and those that run before them."""
    containers = spec.get("containers") or []
    if not containers:
        causes.required(f"{path}.containers")
    names: set[str] = set()
    for index, container in enumerate(containers):
        here = f"{path}.containers[{index}]"
        _container(container, spec, volumes, here, causes)
        _name_once(container, names, here, causes)
        _life(container, spec, here, causes)
    for index, container in enumerate(spec.get("initContainers") or ()):
        here = f"{path}.initContainers[{index}]"
        _container(container, spec, volumes, here, causes)
        _name_once(container, names, here, causes)
        if container.get("restartPolicy") == "Always":
            _life(container, spec, here, causes)
            continue
        for name in ("lifecycle", *PROBES):
            if container.get(name) is not None:
                causes.forbidden(f"{here}.{name}", NOT_IN_INIT)
    if in_pod:
        _images(spec, path, causes)


def _images(spec: Object, path: str, causes: Causes) -> None:
    for part in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(part) or ()):
            image = container.get("image") or ""
            if image != image.strip():
                causes.invalid(f"{path}.{part}[{index}].image", image, SPACES)


def _name_once(container: Object, names: set[str], path: str, causes: Causes) -> None:
    name = container.get("name", "")
    if name in names:
        causes.duplicate(f"{path}.name", name)
    names.add(name)


def _container(
    container: Object, spec: Object, volumes: set[str], path: str, causes: Causes
) -> None:
    name = container.get("name", "")
    if not name:
        causes.required(f"{path}.name")
    for why in label_problems(name) if name else ():
        causes.invalid(f"{path}.name", name, why)
    if not container.get("image"):
        causes.required(f"{path}.image")
    policy = container.get("terminationMessagePolicy", "File")
    if policy not in MESSAGE_POLICIES:
        causes.unsupported(f"{path}.terminationMessagePolicy", policy, MESSAGE_POLICIES)
    _ports(container.get("ports") or [], f"{path}.ports", causes)
    env_validate(container, path, causes)
    mounts_validate(container, volumes, f"{path}.volumeMounts", causes)
    pull = container.get("imagePullPolicy", "Always")
    if pull not in PULL_POLICIES:
        causes.unsupported(f"{path}.imagePullPolicy", pull, PULL_POLICIES)
    amounts_validate(container.get("resources") or {}, f"{path}.resources", causes)
    again = container.get("restartPolicy", "Always")
    if again not in RESTART_POLICIES:
        causes.unsupported(f"{path}.restartPolicy", again, RESTART_POLICIES)
    _resize_policy(container, spec, f"{path}.resizePolicy", causes)
    _security(container.get("securityContext") or {}, spec, f"{path}.securityContext", causes)


def _ports(ports: list[Object], path: str, causes: Causes) -> None:
    names: set[str] = set()
    for index, port in enumerate(ports):
        here, name, number = f"{path}[{index}]", port.get("name", ""), port.get("containerPort", 0)
        problems = port_problems(name) if name else []
        for why in problems:
            causes.invalid(f"{here}.name", name, why)
        if name and not problems and name in names:
            causes.duplicate(f"{here}.name", name)
        names.add(name)
        if not number:
            causes.required(f"{here}.containerPort")
        for why in port_problems(number) if number else ():
            causes.invalid(f"{here}.containerPort", number, why)
        if port.get("protocol", "TCP") not in PROTOCOLS:
            causes.unsupported(f"{here}.protocol", port["protocol"], PROTOCOLS)


def _resize_policy(container: Object, spec: Object, path: str, causes: Causes) -> None:
    seen: set[str] = set()
    for index, item in enumerate(container.get("resizePolicy") or ()):
        name, policy = item.get("resourceName", ""), item.get("restartPolicy", "")
        if name in seen:
            causes.duplicate(f"{path}[{index}]", name)
        seen.add(name)
        if name not in ("cpu", "memory"):
            causes.unsupported(path, name, ["cpu", "memory"])
        if policy not in ("NotRequired", "RestartContainer"):
            causes.unsupported(path, policy, ["NotRequired", "RestartContainer"])
        if spec.get("restartPolicy") == "Never" and policy != "NotRequired":
            why = "must be 'NotRequired' when pod `restartPolicy` is 'Never'"
            causes.invalid(path, policy, why)


def _security(context: Object, spec: Object, path: str, causes: Causes) -> None:
    for name in ("runAsUser", "runAsGroup"):
        user_validate(context.get(name), f"{path}.{name}", causes)
    mount = context.get("procMount")
    if mount is not None and mount not in ("Default", "Unmasked"):
        causes.unsupported(f"{path}.procMount", mount, ["Default", "Unmasked"])
    if mount == "Unmasked" and spec.get("hostUsers", True):
        why = "`hostUsers` must be false to use `Unmasked`"
        causes.invalid(f"{path}.procMount", mount, why)
    profile_validate(context, path, causes)
    if context.get("allowPrivilegeEscalation") is False and context.get("privileged"):
        why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        causes.invalid(path, context, why)


def user_validate(number: Any, path: str, causes: Causes) -> None:
    """Check the number of a user or a group."""
    if number is not None and not 0 <= number < 2**31:
        causes.invalid(path, number, USER_RANGE)


def profile_validate(context: Object, path: str, causes: Causes) -> None:
    """Check a seccomp profile."""
    profile = context.get("seccompProfile")
    if profile is None:
        return
    kind, here = profile.get("type", ""), f"{path}.seccompProfile"
    if kind not in PROFILES:
        causes.unsupported(f"{here}.type", kind, PROFILES)
    elif kind == "Localhost" and not profile.get("localhostProfile"):
        causes.required(f"{here}.localhostProfile", "must be set when seccomp type is Localhost")
    elif kind != "Localhost" and profile.get("localhostProfile") is not None:
        why = "can only be set when seccomp type is Localhost"
        causes.invalid(f"{here}.localhostProfile", profile["localhostProfile"], why)


def _life(container: Object, spec: Object, path: str, causes: Causes) -> None:
    grace = spec.get("terminationGracePeriodSeconds", 30)
    for name in ("postStart", "preStop"):
        hook = (container.get("lifecycle") or {}).get(name)
        if hook is not None:
            _handler(hook, grace, f"{path}.lifecycle.{name}", causes)
    for name in PROBES:
        probe, here = container.get(name), f"{path}.{name}"
        if probe is None:
            continue
        _handler(probe, grace, here, causes)
        for field in (
            "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold",
            "failureThreshold",
        ):  # fmt: skip
            if probe.get(field, 0) < 0:
                causes.invalid(f"{here}.{field}", probe[field], NEGATIVE)
        if name != "readinessProbe" and probe.get("successThreshold", 1) != 1:
            causes.invalid(f"{here}.successThreshold", probe["successThreshold"], "must be 1")


def _handler(source: Object, grace: int, path: str, causes: Causes) -> None:
    there = [name for name in HANDLERS if source.get(name) is not None]
    for name in there[1:]:
        causes.forbidden(f"{path}.{name}", "may not specify more than 1 handler type")
    if not there:
        causes.required(path, "must specify a handler type")
        return
    action, here = source[there[0]], f"{path}.{there[0]}"
    if there[0] == "exec":
        if not action.get("command"):
            causes.required(f"{here}.command")
    elif there[0] == "sleep":
        if not 0 <= action.get("seconds", 0) <= grace:
            why = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
            causes.invalid(here, action.get("seconds", 0), why)
    else:
        for why in port_problems(action.get("port", 0)):
            causes.invalid(f"{here}.port", action.get("port", 0), why)
    if there[0] == "httpGet" and action.get("scheme", "HTTP") not in ("HTTP", "HTTPS"):
        causes.unsupported(f"{here}.scheme", action["scheme"], ["HTTP", "HTTPS"])
