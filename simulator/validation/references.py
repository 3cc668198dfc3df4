"""Where containers take values from: fields, resources, keys of ConfigMaps and Secrets."""

from __future__ import annotations

import re

from simulator.api.errors import Causes
from simulator.objects import Object
from simulator.validation.names import config_key_problems, key_problems, subdomain_problems

ENV_FIELDS = {
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
    "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
}  # fmt: skip
FILE_FIELDS = {
    "metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations",
    "metadata.uid",
}  # fmt: skip
OTHER_FIELDS = {"spec.restartPolicy", "spec.schedulerName", "status.phase"}
KNOWN_FIELDS = ENV_FIELDS | FILE_FIELDS | OTHER_FIELDS
RESOURCES = [
    f"{part}.{name}"
    for part in ("limits", "requests")
    for name in ("cpu", "ephemeral-storage", "memory")
]
ENV_NAME = (
    "a valid environment variable name must consist only of printable ASCII characters other than"
    " '='"
)
ONE_VALUE = (
    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or"
    " `fileKeyRef`"
)
SEVERAL = "may not have more than one field specified at a time"
VALUES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


def env_validate(container: Object, path: str, causes: Causes) -> None:
    """Check the variables of a container."""
    for index, entry in enumerate(container.get("env") or ()):
        here, name = f"{path}.env[{index}]", entry.get("name", "")
        if not name:
            causes.required(f"{here}.name")
        else:
            _env_name(name, f"{here}.name", causes)
        if entry.get("valueFrom") is not None:
            _value_from(entry, f"{here}.valueFrom", causes)
    for index, entry in enumerate(container.get("envFrom") or ()):
        if entry.get("prefix"):
            _env_name(entry["prefix"], f"{path}.envFrom[{index}].prefix", causes)
        there = [name for name in ("configMapRef", "secretRef") if entry.get(name) is not None]
        for name in there:
            here = f"{path}.envFrom[{index}].{name}.name"
            _reference(entry[name].get("name", ""), here, causes)
        if not there:
            why = "must specify one of: `configMapRef` or `secretRef`"
            causes.invalid(f"{path}.envFrom", "", why)
        elif len(there) > 1:
            causes.invalid(f"{path}.envFrom", "", SEVERAL)


def _env_name(name: str, path: str, causes: Causes) -> None:
    if not re.fullmatch(r"[ -<>-~]+", name):
        causes.invalid(path, name, ENV_NAME)


def _reference(name: str, path: str, causes: Causes) -> None:
    if not name:
        causes.required(path)
    for why in subdomain_problems(name) if name else ():
        causes.invalid(path, name, why)


def _value_from(entry: Object, path: str, causes: Causes) -> None:
    source = entry["valueFrom"]
    there = [name for name in VALUES if source.get(name) is not None]
    if "fieldRef" in there:
        field_validate(source["fieldRef"], ENV_FIELDS, f"{path}.fieldRef", causes)
    if "resourceFieldRef" in there:
        resource_validate(source["resourceFieldRef"], f"{path}.resourceFieldRef", causes)
    for name in ("configMapKeyRef", "secretKeyRef"):
        if name in there:
            _key(source[name], f"{path}.{name}", causes)
    if not there:
        causes.invalid(path, "", ONE_VALUE)
    elif entry.get("value"):
        causes.invalid(path, "", "may not be specified when `value` is not empty")
    elif len(there) > 1:
        causes.invalid(path, "", SEVERAL)


def _key(source: Object, path: str, causes: Causes) -> None:
    for why in subdomain_problems(source.get("name", "")):
        causes.invalid(f"{path}.name", source.get("name", ""), why)
    key = source.get("key", "")
    if not key:
        causes.required(f"{path}.key")
    for why in config_key_problems(key) if key else ():
        causes.invalid(f"{path}.key", key, why)


def field_validate(source: Object, known: set[str], path: str, causes: Causes) -> None:
    """Check a reference to a field of the pod itself."""
    text = source.get("fieldPath", "")
    if not text:
        causes.required(f"{path}.fieldPath")
        return
    found = re.fullmatch(r"(.*)\['(.*)'\]", text)
    name = found[1] if found else text
    if name not in KNOWN_FIELDS:
        why = f"error converting fieldPath: field label not supported: {name}"
        causes.invalid(f"{path}.fieldPath", text, why)
    elif found is None:
        if name not in known:
            causes.unsupported(f"{path}.fieldPath", name, sorted(known))
    elif name in ("metadata.labels", "metadata.annotations"):
        key = found[2].lower() if name == "metadata.annotations" else found[2]
        for why in key_problems(key):
            causes.invalid(path, key, why)
    else:
        causes.invalid(path, name, "does not support subscript")


def resource_validate(
    source: Object, path: str, causes: Causes, *, in_volume: bool = False
) -> None:
    """Check a reference to what a container asks for."""
    name = source.get("resource", "")
    if in_volume and not source.get("containerName"):
        causes.required(f"{path}.containerName")
    elif not name:
        causes.required(f"{path}.resource")
    elif name not in RESOURCES and not re.match(r"(limits|requests)\.hugepages-", name):
        causes.unsupported(f"{path}.resource", name, RESOURCES)


def downward_file(item: Object, path: str, causes: Causes) -> None:
    """Check a file with a field of the pod in it."""
    if not item.get("path"):
        causes.required(f"{path}.path")
    field, amount = item.get("fieldRef"), item.get("resourceFieldRef")
    if field is not None:
        field_validate(field, FILE_FIELDS, f"{path}.fieldRef", causes)
        if amount is not None:
            why = "fieldRef and resourceFieldRef can not be specified simultaneously"
            causes.invalid(path, "resource", why)
    elif amount is not None:
        resource_validate(amount, f"{path}.resourceFieldRef", causes, in_volume=True)
    else:
        causes.required(path, "one of fieldRef and resourceFieldRef is required")
