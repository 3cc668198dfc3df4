"""What makes a pod or a pod template invalid (k8s.io/kubernetes/pkg/apis/core/validation)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from simulator.api.errors import Causes
from simulator.objects import Object, clone
from simulator.validation.containers import containers_validate, profile_validate, user_validate
from simulator.validation.names import (
    key_problems,
    label_problems,
    labels_validate,
    subdomain_problems,
)
from simulator.validation.placing import affinity_validate, spread_validate, tolerations_validate
from simulator.validation.volumes import volumes_validate

RESTART_POLICIES = ["Always", "OnFailure", "Never"]
DNS_POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]
CONTEXT_POLICIES = {
    "fsGroupChangePolicy": ["Always", "OnRootMismatch"],
    "supplementalGroupsPolicy": ["Merge", "Strict"],
    "seLinuxChangePolicy": ["MountOption", "Recursive"],
}
SEARCH_FORM = r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*"
SEARCH = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or"
    " '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used"
    f" for validation is '{SEARCH_FORM}')"
)
ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions"
    " to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it"
    " was previously negative)"
)


def pod_validate(pod: Object, causes: Causes, *, fresh: bool) -> None:
    """Check a pod itself."""
    spec = pod.get("spec") or {}
    spec_validate(spec, "spec", causes, in_pod=True)
    if fresh and spec.get("ephemeralContainers"):
        causes.forbidden("spec.ephemeralContainers", "cannot be set on create")
    if fresh and spec.get("schedulingGates") and spec.get("nodeName"):
        why = "cannot be set until all schedulingGates have been cleared"
        causes.forbidden("spec.nodeName", why)


def spec_validate(spec: Object, path: str, causes: Causes, *, in_pod: bool = False) -> None:
    """Check the spec of a pod or of a template."""
    volumes = volumes_validate(spec.get("volumes") or [], f"{path}.volumes", causes)
    containers_validate(spec, volumes, path, causes, in_pod=in_pod)
    for name, known in (("restartPolicy", RESTART_POLICIES), ("dnsPolicy", DNS_POLICIES)):
        if spec.get(name, known[0]) not in known:
            causes.unsupported(f"{path}.{name}", spec[name], known)
    labels_validate(spec.get("nodeSelector") or {}, f"{path}.nodeSelector", causes)
    _security(spec, path, causes)
    affinity_validate(spec, path, causes)
    _dns(spec, f"{path}.dnsConfig", causes)
    _gates(spec, path, causes)
    spread_validate(spec, path, causes)
    if spec.get("hostnameOverride") and (spec.get("setHostnameAsFQDN") or spec.get("hostNetwork")):
        name = "setHostnameAsFQDN" if spec.get("setHostnameAsFQDN") else "hostNetwork"
        causes.forbidden(f"{path}.hostnameOverride", f"may not be specified when {name} is true")
    _names(spec, path, ("hostnameOverride",), subdomain_problems, causes)
    _names(spec, path, ("serviceAccountName", "nodeName"), subdomain_problems, causes)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 0 < deadline < 2**31:
        why = "must be between 1 and 2147483647, inclusive"
        causes.invalid(f"{path}.activeDeadlineSeconds", deadline, why)
    _names(spec, path, ("hostname", "subdomain"), label_problems, causes)
    tolerations_validate(spec, path, causes)
    _hosts(spec, f"{path}.hostAliases", causes)
    _names(spec, path, ("priorityClassName", "runtimeClassName"), subdomain_problems, causes)
    system = spec.get("os", {"name": "linux"}).get("name", "")
    if not system:
        causes.required(f"{path}.os.name")
    elif system not in ("linux", "windows"):
        causes.unsupported(f"{path}.os", system, ["linux", "windows"])


def _names(
    spec: Object,
    path: str,
    names: tuple[str, ...],
    problems: Callable[[str], list[str]],
    causes: Causes,
) -> None:
    for name in names:
        for why in problems(spec[name]) if spec.get(name) else ():
            causes.invalid(f"{path}.{name}", spec[name], why)


def _security(spec: Object, path: str, causes: Causes) -> None:
    context, here = spec.get("securityContext") or {}, f"{path}.securityContext"
    for name in ("fsGroup", "runAsUser", "runAsGroup"):
        user_validate(context.get(name), f"{here}.{name}", causes)
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        user_validate(group, f"{here}.supplementalGroups[{index}]", causes)
    names: set[str] = set()
    for index, item in enumerate(context.get("sysctls") or ()):
        if item.get("name") in names:
            causes.duplicate(f"{here}.sysctls[{index}].name", item["name"])
        names.add(item.get("name", ""))
    for name, known in CONTEXT_POLICIES.items():
        if context.get(name, known[0]) not in known:
            causes.unsupported(f"{here}.{name}", context[name], known)
    profile_validate(context, here, causes)
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        why = "ShareProcessNamespace and HostPID cannot both be enabled"
        causes.invalid(f"{path}.shareProcessNamespace", True, why)


def _address(text: str, path: str, causes: Causes) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        causes.invalid(path, text, ADDRESS)


def _dns(spec: Object, path: str, causes: Causes) -> None:
    config = spec.get("dnsConfig")
    servers = (config or {}).get("nameservers") or []
    if spec.get("dnsPolicy") == "None":
        if config is None:
            causes.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
            return
        if not servers:
            why = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            causes.required(f"{path}.nameservers", why)
            return
    if len(servers) > 3:
        causes.invalid(f"{path}.nameservers", servers, "must not have more than 3 nameservers")
    for index, server in enumerate(servers):
        _address(server, f"{path}.nameservers[{index}]", causes)
    for index, place in enumerate((config or {}).get("searches") or ()):
        if place != "." and not re.fullmatch(SEARCH_FORM, place.removesuffix(".")):
            causes.invalid(f"{path}.searches[{index}]", place, SEARCH)


def _hosts(spec: Object, path: str, causes: Causes) -> None:
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        _address(alias.get("ip", ""), f"{path}[{index}].ip", causes)
        for number, name in enumerate(alias.get("hostnames") or ()):
            for why in subdomain_problems(name):
                causes.invalid(f"{path}[{index}].hostnames[{number}]", name, why)


def _gates(spec: Object, path: str, causes: Causes) -> None:
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        kind = gate.get("conditionType", "")
        for why in key_problems(kind):
            causes.invalid(f"{path}.readinessGates[{index}].conditionType", kind, why)
    names: set[str] = set()
    for index, gate in enumerate(spec.get("schedulingGates") or ()):
        here, name = f"{path}.schedulingGates[{index}]", gate.get("name", "")
        for why in key_problems(name):
            causes.invalid(here, name, why)
        if name in names:
            causes.duplicate(here, name)
        names.add(name)


def update_validate(old: Object, new: Object, causes: Causes) -> None:
    """Check what changed of a pod that exists."""
    before, after = clone(old["spec"]), clone(new["spec"])
    for spec in (before, after):
        for part in ("containers", "initContainers"):
            for container in spec.get(part) or ():
                container.pop("image", None)
        spec.pop("activeDeadlineSeconds", None)
    _tolerations(before, after)
    if old["spec"].get("schedulingGates"):
        gates = [g["name"] for g in old["spec"]["schedulingGates"]]
        if all(g["name"] in gates for g in after.get("schedulingGates") or ()):
            for name in ("schedulingGates", "nodeSelector"):
                before.pop(name, None)
                after.pop(name, None)
    if before != after:
        causes.forbidden("spec", UPDATE)


def _tolerations(before: Object, after: Object) -> None:
    kept = before.pop("tolerations", None) or []
    found = after.pop("tolerations", None) or []
    if any(item not in found for item in kept):
        before["tolerations"], after["tolerations"] = kept, found


def resized(old: Object, new: Object) -> Any:
    """The old pod with nothing but the resources of the new one's containers."""
    out = clone(old)
    for part in ("containers", "initContainers"):
        wanted = {c.get("name"): c for c in new["spec"].get(part) or ()}
        for container in out["spec"].get(part) or ():
            found = wanted.get(container["name"])
            if found is not None:
                container["resources"] = clone(found.get("resources") or {})
    return out
