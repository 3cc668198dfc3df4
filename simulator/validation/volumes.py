"""Volumes, and where containers mount them. Sources that are not modelled are refused elsewhere."""

from __future__ import annotations

from typing import Any

from simulator.api.errors import Causes
from simulator.kinds.quantity import parse
from simulator.objects import Object
from simulator.validation.names import label_problems
from simulator.validation.references import downward_file

# In the order in which a real server looks at them.
SOURCES = ("emptyDir", "hostPath", "secret", "downwardAPI", "configMap", "projected")
MODE = "must be a number between 0 and 0777 (octal), both inclusive"
HOST_PATHS = [
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate",
    "Socket",
]  # fmt: skip
PROPAGATIONS = ["Bidirectional", "HostToContainer", "None"]
ONE_TYPE = "may not specify more than 1 volume type"


def volumes_validate(volumes: list[Object], path: str, causes: Causes) -> set[str]:
    """Check the volumes of a pod; returns the names of those that are right."""
    names: set[str] = set()
    for index, volume in enumerate(volumes):
        here, before = f"{path}[{index}]", len(causes.found)
        name = volume.get("name", "")
        _source(volume, here, causes)
        if not name:
            causes.required(f"{here}.name")
        else:
            for why in label_problems(name):
                causes.invalid(f"{here}.name", name, why)
        if name in names:
            causes.duplicate(f"{here}.name", name)
        if len(causes.found) == before:
            names.add(name)
    return names


def _source(volume: Object, path: str, causes: Causes) -> None:
    there = [name for name in SOURCES if volume.get(name) is not None]
    foreign = [name for name in volume if name not in (*SOURCES, "name")]
    for number, name in enumerate(there):
        if number:
            causes.forbidden(f"{path}.{name}", ONE_TYPE)
        else:
            _one_source(name, volume[name], f"{path}.{name}", causes)
    if not there and not foreign:
        causes.required(path, "must specify a volume type")


def _one_source(name: str, source: Object, path: str, causes: Causes) -> None:
    mode_validate(source.get("defaultMode"), f"{path}.defaultMode", causes)
    if name == "emptyDir":
        size = source.get("sizeLimit")
        if size is not None and parse(size) < 0:
            causes.forbidden(
                f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity"
            )
    elif name == "hostPath":
        _host_path(source, path, causes)
    elif name in ("secret", "configMap"):
        key = "secretName" if name == "secret" else "name"
        if not source.get(key):
            causes.required(f"{path}.{key}")
        items_validate(source.get("items") or [], path, causes)
    elif name == "downwardAPI":
        for item in source.get("items") or ():
            downward_file(item, path, causes)
            local_path(item.get("path", ""), f"{path}.path", causes)
    else:
        _projected(source.get("sources") or [], path, causes)


def _host_path(source: Object, path: str, causes: Causes) -> None:
    if not source.get("path"):
        causes.required(f"{path}.path")
        return
    no_steps_back(source["path"], f"{path}.path", causes)
    if source.get("type", "") not in HOST_PATHS:
        causes.unsupported(f"{path}.type", source["type"], HOST_PATHS)


def _projected(sources: list[Object], path: str, causes: Causes) -> None:
    for index, source in enumerate(sources):
        for name in ("secret", "configMap"):
            part = source.get(name)
            if part is not None:
                here = f"{path}.sources[{index}].{name}"
                if not part.get("name"):
                    causes.required(f"{here}.name")
                items_validate(part.get("items") or [], here, causes)
        for item in (source.get("downwardAPI") or {}).get("items") or ():
            downward_file(item, f"{path}.sources[{index}].downwardAPI", causes)
        token = source.get("serviceAccountToken")
        if token is not None:
            _token(token, f"{path}.sources[{index}].serviceAccountToken", path, causes)


def _token(token: Object, path: str, outer: str, causes: Causes) -> None:
    seconds = token.get("expirationSeconds", 3600)
    if seconds < 600:
        why = "may not specify a duration less than 10 minutes"
        causes.invalid(f"{path}.expirationSeconds", seconds, why)
    if not token.get("path"):
        causes.required(f"{outer}.path")


def items_validate(items: list[Object], path: str, causes: Causes) -> None:
    """Check which keys become which files."""
    for index, item in enumerate(items):
        here = f"{path}.items[{index}]"
        for name in ("key", "path"):
            if not item.get(name):
                causes.required(f"{here}.{name}")
        local_path(item.get("path", ""), f"{here}.path", causes)
        mode_validate(item.get("mode"), f"{here}.mode", causes)


def mode_validate(mode: Any, path: str, causes: Causes) -> None:
    """Check the permissions of a file."""
    if mode is not None and not 0 <= mode <= 0o777:
        causes.invalid(path, mode, MODE)


def local_path(text: str, path: str, causes: Causes) -> None:
    """Check a path inside of a volume."""
    if text.startswith("/"):
        causes.invalid(path, text, "must be a relative path")
    no_steps_back(text, path, causes)
    if text.startswith("..") and not text.startswith("../"):
        causes.invalid(path, text, "must not start with '..'")


def no_steps_back(text: str, path: str, causes: Causes) -> None:
    """Check that a path does not lead up."""
    if ".." in text.split("/"):
        causes.invalid(path, text, "must not contain '..'")


def mounts_validate(container: Object, volumes: set[str], path: str, causes: Causes) -> None:
    """Check where a container mounts the volumes of its pod."""
    places: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        here, name, place = f"{path}[{index}]", mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            causes.required(f"{here}.name")
        if name not in volumes:
            causes.missing(f"{here}.name", name)
        if not place:
            causes.required(f"{here}.mountPath")
        if place in places:
            causes.invalid(f"{here}.mountPath", place, "must be unique")
        places.add(place)
        if mount.get("subPath"):
            _descending(mount["subPath"], f"{path}.subPath", causes)
        if mount.get("subPathExpr"):
            if mount.get("subPath"):
                why = "subPathExpr and subPath are mutually exclusive"
                causes.invalid(f"{here}.subPathExpr", mount["subPathExpr"], why)
            _descending(mount["subPathExpr"], f"{path}.subPathExpr", causes)
        propagation = mount.get("mountPropagation")
        if propagation is not None and propagation not in PROPAGATIONS:
            causes.unsupported(f"{path}.mountPropagation", propagation, PROPAGATIONS)


def _descending(text: str, path: str, causes: Causes) -> None:
    if text.startswith("/"):
        causes.invalid(path, text, "must be a relative path")
    no_steps_back(text, path, causes)
