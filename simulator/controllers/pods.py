"""Pods as controllers see them: whose they are, how they fare, made from a template."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator

from simulator.kinds.registry import Kind
from simulator.objects import Object, clone, condition_of, controller_of, dump
from simulator.store.store import Event, Store, Stored

SAFE = "bcdfghjklmnpqrstvwxz2456789"


def pods_of(store: Store, owner: Object) -> list[Stored]:
    """The pods that an object controls."""
    return [*_controlled(store, "pods", owner)]


def _controlled(store: Store, kind: str, owner: Object) -> Iterator[Stored]:
    uid = owner["metadata"]["uid"]
    for stored in store.owned(kind, uid):
        reference = controller_of(stored.obj)
        if reference is not None and reference["uid"] == uid:
            yield stored


def controlled(store: Store, kind: str, owner: Object) -> list[Stored]:
    """Objects of a kind that an object controls."""
    return [*_controlled(store, kind, owner)]


def owner_key(kind: str, event: Event) -> Hashable | None:
    """Namespace and name of the owner of a kind, for the queue of its controller."""
    reference = controller_of(event.stored.obj)
    if reference is None or reference["kind"] != kind:
        return None
    return event.stored.namespace, reference["name"]


def reference_to(kind: Kind, owner: Object) -> Object:
    """An owner reference by which an object is controlled."""
    meta = owner["metadata"]
    return {
        "apiVersion": kind.api_version,
        "kind": kind.name,
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def from_template(template: Object, kind: Kind, owner: Object) -> Object:
    """A pod as a template describes it."""
    wanted = template.get("metadata") or {}
    meta: Object = {"ownerReferences": [reference_to(kind, owner)]}
    for name in ("labels", "annotations", "finalizers"):
        if wanted.get(name):
            meta[name] = clone(wanted[name])
    return {"metadata": meta, "spec": clone(template["spec"])}


def is_ready(pod: Object) -> bool:
    """Whether a pod takes traffic."""
    found = condition_of(pod, "Ready")
    return found is not None and found["status"] == "True"


def is_ended(pod: Object) -> bool:
    """Whether a pod has come to its end."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_leaving(pod: Object) -> bool:
    """Whether a pod is being deleted."""
    return bool(pod["metadata"].get("deletionTimestamp"))


def hash_of(value: object) -> str:
    """A short name for a template, of letters that spell nothing."""
    digest = hashlib.sha256(dump(value)).digest()
    return "".join(SAFE[byte % len(SAFE)] for byte in digest[:10])
