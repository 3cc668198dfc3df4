"""Plugin PodSecurity: the levels baseline and restricted, as namespaces enforce them."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.admission.attempt import Attempt
from simulator.api import errors
from simulator.objects import Object
from simulator.store.store import Store

ENFORCE = "pod-security.kubernetes.io/enforce"
BASE_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
PLAIN_VOLUMES = {
    "name", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
    "projected", "secret", "image",
}  # fmt: skip
PROFILES = ("RuntimeDefault", "Localhost")


def check(store: Store, attempt: Attempt) -> None:
    """Refuse a pod that its namespace's level does not take."""
    if attempt.part not in ("", "ephemeralcontainers") or attempt.obj is None:
        return
    if attempt.operation == "UPDATE" and not attempt.part:
        return
    space = store.get("namespaces", "", attempt.namespace)
    labels = (space.obj["metadata"].get("labels") or {}) if space else {}
    level = labels.get(ENFORCE, "privileged")
    if level not in ("baseline", "restricted"):
        return
    version = labels.get(f"{ENFORCE}-version", "latest")
    found = list(_baseline(attempt.obj["spec"]))
    if level == "restricted":
        strict = list(_restricted(attempt.obj["spec"]))
        found = [item for item in found if not item.startswith("non-default cap")] + strict
    if found:
        why = f'violates PodSecurity "{level}:{version}": {", ".join(found)}'
        raise errors.forbidden(attempt.kind, attempt.name, why)


def _containers(spec: Object) -> list[Object]:
    parts = ("initContainers", "containers", "ephemeralContainers")
    return [container for part in parts for container in spec.get(part) or ()]


def _named(names: list[str]) -> str:
    """Containers in the words of a refusal."""
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"container{'s' if len(names) > 1 else ''} {quoted}"


def _baseline(spec: Object) -> Iterator[str]:
    hosts = [f"{n}=true" for n in ("hostNetwork", "hostPID", "hostIPC") if spec.get(n)]
    containers = _containers(spec)
    if hosts:
        yield f"host namespaces ({', '.join(hosts)})"
    strong = [c["name"] for c in containers if (c.get("securityContext") or {}).get("privileged")]
    if strong:
        yield f"privileged ({_named(strong)} must not set securityContext.privileged=true)"
    extra: dict[str, list[str]] = {}
    for container in containers:
        added = ((container.get("securityContext") or {}).get("capabilities") or {}).get("add")
        more = sorted(set(added or ()) - BASE_CAPABILITIES)
        if more:
            extra[container["name"]] = more
    if extra:
        shown = ", ".join(f'"{name}"' for name in sorted({c for m in extra.values() for c in m}))
        names = _named(list(extra))
        yield (
            f"non-default capabilities ({names} must not include {shown} in"
            " securityContext.capabilities.add)"
        )
    paths = [v["name"] for v in spec.get("volumes") or () if "hostPath" in v]
    if paths:
        quoted = ", ".join(f'"{name}"' for name in paths)
        yield f"hostPath volumes (volume{'s' if len(paths) > 1 else ''} {quoted})"
    yield from _ports(containers)


def _ports(containers: list[Object]) -> Iterator[str]:
    found = [
        (c["name"], port["hostPort"])
        for c in containers
        for port in c.get("ports") or ()
        if port.get("hostPort")
    ]
    if not found:
        return
    names = list(dict.fromkeys(name for name, _port in found))
    ports = sorted({port for _name, port in found})
    shown = ", ".join(map(str, ports))
    verb = "uses" if len(names) == 1 else "use"
    yield f"hostPort ({_named(names)} {verb} hostPort{'s' if len(ports) > 1 else ''} {shown})"


def _restricted(spec: Object) -> Iterator[str]:
    containers, own = _containers(spec), spec.get("securityContext") or {}

    def context(container: Object) -> Object:
        found: Object = container.get("securityContext") or {}
        return found

    odd = [v["name"] for v in spec.get("volumes") or () if set(v) - PLAIN_VOLUMES]
    if odd:
        quoted = ", ".join(f'"{name}"' for name in odd)
        yield f"restricted volume types (volume{'s' if len(odd) > 1 else ''} {quoted})"
    rising = [
        c["name"] for c in containers if context(c).get("allowPrivilegeEscalation") is not False
    ]
    if rising:
        must = "must set securityContext.allowPrivilegeEscalation=false"
        yield f"allowPrivilegeEscalation != false ({_named(rising)} {must})"
    able = [
        c["name"]
        for c in containers
        if "ALL" not in ((context(c).get("capabilities") or {}).get("drop") or ())
    ]
    if able:
        must = 'must set securityContext.capabilities.drop=["ALL"]'
        yield f"unrestricted capabilities ({_named(able)} {must})"
    yield from _users(containers, own)
    default = (own.get("seccompProfile") or {}).get("type")
    open_ = [
        c["name"]
        for c in containers
        if (context(c).get("seccompProfile") or {}).get("type", default) not in PROFILES
    ]
    if open_:
        must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
        yield f"seccompProfile (pod or {_named(open_)} {must})"


def _users(containers: list[Object], own: Object) -> Iterator[str]:
    """Nobody runs as root."""
    contexts = {c["name"]: c.get("securityContext") or {} for c in containers}
    default = own.get("runAsNonRoot", False)
    roots = [name for name, found in contexts.items() if not found.get("runAsNonRoot", default)]
    if roots:
        must = "must set securityContext.runAsNonRoot=true"
        yield f"runAsNonRoot != true (pod or {_named(roots)} {must})"
    if own.get("runAsUser") == 0:
        yield "runAsUser=0 (pod must not set runAsUser=0)"
    zeros = [name for name, found in contexts.items() if found.get("runAsUser") == 0]
    if zeros:
        yield f"runAsUser=0 ({_named(zeros)} must not set runAsUser=0)"
