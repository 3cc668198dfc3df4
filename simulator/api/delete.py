"""Deleting: preconditions, grace, finalizers, and what an owner's end means for its children."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from simulator.admission.attempt import Attempt
from simulator.api import errors
from simulator.api.write import Options
from simulator.kinds.registry import Kind
from simulator.objects import Object, clone, now_text
from simulator.store.store import Stored

if TYPE_CHECKING:
    from simulator.core import Core

FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
RETURNED = frozenset({"Pod", "Namespace", "ServiceAccount"})
KEPT_NAMESPACES = frozenset({"default", "kube-system", "kube-public"})


@dataclass
class Deletion:
    """The options of a delete."""

    uid: str = ""
    resource_version: str = ""
    grace_seconds: int | None = None
    propagation: str = ""

    @classmethod
    def read(cls, body: Object, propagation: str, grace: str) -> Deletion:
        """From a DeleteOptions body and the query; raises StatusError."""
        wanted = body.get("preconditions") or {}
        seconds = body.get("gracePeriodSeconds")
        if seconds is None and grace:
            seconds = _number(grace)
        found = body.get("propagationPolicy") or propagation
        orphan = body.get("orphanDependents")
        if orphan is not None:
            if found:
                causes = errors.Causes()
                why = "orphanDependents and deletionPropagation cannot be both set"
                causes.invalid("propagationPolicy", found, why)
                raise errors.invalid("DeleteOptions", "meta.k8s.io", "", causes.found)
            found = "Orphan" if orphan else "Background"
        if found not in ("", "Background", "Foreground", "Orphan"):
            causes = errors.Causes()
            known = ["Foreground", "Background", "Orphan", "nil"]
            causes.unsupported("propagationPolicy", found, known)
            raise errors.invalid("DeleteOptions", "meta.k8s.io", "", causes.found)
        uid, version = wanted.get("uid") or "", wanted.get("resourceVersion") or ""
        return cls(uid, version, seconds, found)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise errors.bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def delete(
    core: Core, kind: Kind, namespace: str, name: str, deletion: Deletion, options: Options
) -> tuple[Object, bool]:
    """Delete an object; returns it as it then is, and whether it is gone. Raises StatusError."""
    stored = core.store.get(kind.key, namespace if kind.namespaced else "", name)
    if stored is None:
        raise errors.not_found(kind, name)
    attempt = Attempt(
        "DELETE", kind, namespace, name, options.user, None, stored.obj, dry_run=options.dry_run
    )
    if kind.name == "Namespace" and name in KEPT_NAMESPACES:
        raise errors.forbidden(kind, name, "this namespace may not be deleted")
    core.admission.validate(attempt)
    return _end(core, kind, stored, deletion, options)


def evict(
    core: Core, kind: Kind, stored: Stored, deletion: Deletion, options: Options
) -> tuple[Object, bool]:
    """Delete a pod by its eviction, which policies see as something of its own."""
    core.admission.validate(
        Attempt(
            "CREATE", kind, stored.namespace, stored.name, options.user, {}, None,
            part="eviction", object_kind="Eviction", dry_run=options.dry_run,
        )
    )  # fmt: skip
    return _end(core, kind, stored, deletion, options)


def _end(
    core: Core, kind: Kind, stored: Stored, deletion: Deletion, options: Options
) -> tuple[Object, bool]:
    _preconditions(kind, stored, deletion)
    obj = clone(stored.obj)
    if kind.name == "Namespace":
        return _delete_namespace(core, kind, obj, options)
    finalizers = _finalizers(obj, deletion)
    grace = _grace(kind, obj, deletion)
    meta = obj["metadata"]
    if finalizers:
        meta["finalizers"] = finalizers
    else:
        meta.pop("finalizers", None)
    already = meta.get("deletionTimestamp")
    if not already or grace < meta.get("deletionGracePeriodSeconds", 0):
        end = datetime.now(UTC) + timedelta(seconds=grace)
        meta["deletionTimestamp"] = end.strftime("%Y-%m-%dT%H:%M:%SZ") if grace else now_text()
        meta["deletionGracePeriodSeconds"] = grace
        if "generation" in meta:
            meta["generation"] += 1
    if options.dry_run:
        return obj, not finalizers and not grace
    if finalizers or grace:
        if obj == stored.obj:
            return obj, False
        return core.store.write(kind.key, obj).obj, False
    core.store.remove(kind.key, stored.namespace, stored.name)
    return obj, True


def _preconditions(kind: Kind, stored: Stored, deletion: Deletion) -> None:
    uid = stored.obj["metadata"]["uid"]
    if deletion.uid and deletion.uid != uid:
        raise errors.precondition(
            kind,
            stored.name,
            f"the UID in the precondition ({deletion.uid}) does not match the UID in record"
            f" ({uid}). The object might have been deleted and then recreated",
        )
    version = str(stored.version)
    if deletion.resource_version and deletion.resource_version != version:
        raise errors.precondition(
            kind,
            stored.name,
            f"the ResourceVersion in the precondition ({deletion.resource_version}) does not match"
            f" the ResourceVersion in record ({version}). The object might have been modified",
        )


def _finalizers(obj: Object, deletion: Deletion) -> list[str]:
    found = [f for f in obj["metadata"].get("finalizers") or () if f not in (FOREGROUND, ORPHAN)]
    kept = [f for f in obj["metadata"].get("finalizers") or () if f in (FOREGROUND, ORPHAN)]
    if deletion.propagation == "Foreground":
        kept = [FOREGROUND]
    elif deletion.propagation == "Orphan":
        kept = [ORPHAN]
    elif deletion.propagation == "Background":
        kept = []
    return found + kept


def _grace(kind: Kind, obj: Object, deletion: Deletion) -> int:
    if kind.name != "Pod":
        return 0
    spec, status = obj["spec"], obj.get("status") or {}
    if not spec.get("nodeName") or status.get("phase") in ("Succeeded", "Failed"):
        return 0
    if deletion.grace_seconds is not None:
        return max(0, deletion.grace_seconds)
    return int(spec.get("terminationGracePeriodSeconds", 30))


def _delete_namespace(core: Core, kind: Kind, obj: Object, options: Options) -> tuple[Object, bool]:
    meta = obj["metadata"]
    if meta.get("deletionTimestamp"):
        return obj, False
    meta["deletionTimestamp"] = now_text()
    obj["status"] = (obj.get("status") or {}) | {"phase": "Terminating"}
    if options.dry_run:
        return obj, False
    return core.store.write(kind.key, obj).obj, False


def deleted_status(kind: Kind, obj: Object) -> Object:
    """What is answered where the object itself is not."""
    meta = obj["metadata"]
    details = {"name": meta["name"], "group": kind.group, "kind": kind.resource, "uid": meta["uid"]}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {key: value for key, value in details.items() if value},
    }
