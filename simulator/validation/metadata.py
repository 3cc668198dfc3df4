"""The metadata of objects: names, labels, annotations, owners, finalizers."""

from __future__ import annotations

from collections.abc import Callable

from simulator.api.errors import Causes
from simulator.objects import Object
from simulator.validation.names import (
    key_problems,
    label_problems,
    labels_validate,
    segment_problems,
    subdomain_problems,
)

# Kinds whose names follow another rule than that of DNS subdomains.
NAMES: dict[str, Callable[[str], list[str]]] = {
    "Namespace": label_problems,
    "StatefulSet": label_problems,
    "Role": segment_problems,
    "RoleBinding": segment_problems,
    "ClusterRole": segment_problems,
    "ClusterRoleBinding": segment_problems,
}
MAX_ANNOTATION_BYTES = 256 * 1024
STANDARD_FINALIZERS = {"kubernetes", "orphan", "foregroundDeletion"}
UNQUALIFIED = "name is neither a standard finalizer name nor is it fully qualified"
IMMUTABLE = "field is immutable"


def metadata_validate(kind: str, obj: Object, causes: Causes) -> None:
    """Check the metadata of a new object."""
    meta = obj["metadata"]
    problems = NAMES.get(kind, subdomain_problems)
    start, name = meta.get("generateName", ""), meta.get("name", "")
    for why in problems(f"{start[:-1]}a" if start.endswith("-") else start) if start else ():
        causes.invalid("metadata.generateName", start, why)
    if not name:
        causes.required("metadata.name", "name or generateName is required")
    for why in problems(name) if name else ():
        causes.invalid("metadata.name", name, why)
    _texts_validate(meta, causes)
    for index, finalizer in enumerate(meta.get("finalizers") or ()):
        if "/" not in finalizer and finalizer not in STANDARD_FINALIZERS:
            causes.invalid(f"metadata.finalizers[{index}]", finalizer, UNQUALIFIED)


def annotations_validate(annotations: dict[str, str], path: str, causes: Causes) -> None:
    """Check keys and size of annotations."""
    for key in sorted(annotations):
        for why in key_problems(key.lower()):
            causes.invalid(path, key, why)
    size = sum(len(k) + len(v.encode()) for k, v in annotations.items())
    if size > MAX_ANNOTATION_BYTES:
        causes.too_long(path, MAX_ANNOTATION_BYTES)


def _texts_validate(meta: Object, causes: Causes) -> None:
    labels_validate(meta.get("labels") or {}, "metadata.labels", causes)
    annotations_validate(meta.get("annotations") or {}, "metadata.annotations", causes)
    _owners(meta.get("ownerReferences") or [], causes)
    finalizers = meta.get("finalizers") or []
    for finalizer in finalizers:
        for why in key_problems(finalizer):
            causes.invalid("metadata.finalizers", finalizer, why)
    if {"orphan", "foregroundDeletion"} <= set(finalizers):
        why = "finalizer orphan and foregroundDeletion cannot be both set"
        causes.invalid("metadata.finalizers", finalizers, why)


def _owners(owners: list[Object], causes: Causes) -> None:
    controllers: list[str] = []
    for index, owner in enumerate(owners):
        path = f"metadata.ownerReferences[{index}]"
        for name in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(name):
                causes.required(f"{path}.{name}", "must not be empty")
        if (owner.get("apiVersion"), owner.get("kind")) == ("v1", "Event"):
            causes.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner")
        if owner.get("controller"):
            controllers.append(f"{owner.get('kind')}/{owner.get('name')}")
    if len(controllers) > 1:
        why = (
            'Only one reference can have Controller set to true. Found "true" in references for'
            f" {controllers[0]} and {controllers[1]}"
        )
        causes.invalid("metadata.ownerReferences", owners, why)


def metadata_change_validate(before: Object, after: Object, causes: Causes) -> None:
    """Check what became of an object's metadata."""
    for name in ("uid", "creationTimestamp", "name", "namespace"):
        if after.get(name) != before.get(name):
            causes.invalid(f"metadata.{name}", after.get(name), IMMUTABLE)
    fresh = [f for f in after.get("finalizers") or () if f not in (before.get("finalizers") or ())]
    if before.get("deletionTimestamp") and fresh:
        shown = ", ".join(f'"{f}"' for f in fresh)
        causes.forbidden(
            "metadata.finalizers",
            "no new finalizers can be added if the object is being deleted, found new finalizers"
            f" []string{{{shown}}}",
        )
    _texts_validate(after, causes)
