"""What the server itself sets on objects: identity, generation, status, labels of Jobs."""

from __future__ import annotations

from simulator.kinds.pod_defaults import quality_of_service
from simulator.kinds.registry import WITH_GENERATION, WITH_STATUS, Kind
from simulator.objects import Object, clone, new_uid, now_text, random_suffix

# What kubectl and others may not choose; it stays as it was.
SYSTEM_FIELDS = (
    "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation",
    "selfLink",
)  # fmt: skip
GENERATE_LENGTH = 58
JOB_LABELS = ("batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name")
OLD_JOB_LABELS = ("controller-uid", "job-name")


def prepare_new(kind: Kind, namespace: str, obj: Object) -> None:
    """Make an object that is about to be created the server's own."""
    meta = obj["metadata"]
    for name in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"):
        meta.pop(name, None)
    meta["uid"], meta["creationTimestamp"] = new_uid(), now_text()
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = meta["generateName"][:GENERATE_LENGTH] + random_suffix()
    if kind.namespaced:
        meta["namespace"] = namespace
    if kind.name in WITH_GENERATION:
        meta["generation"] = 1
    if kind.name == "LimitRange" and not meta.get("name"):
        meta["name"] = new_uid()
    if kind.name == "Pod" and obj["spec"].get("terminationGracePeriodSeconds", 0) < 0:
        obj["spec"]["terminationGracePeriodSeconds"] = 1
    _fresh_status(kind.name, obj)
    if kind.name == "Namespace":
        meta.setdefault("labels", {})["kubernetes.io/metadata.name"] = meta.get("name", "")
        obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    elif kind.name == "Job":
        _job_labels(obj)


def _fresh_status(kind: str, obj: Object) -> None:
    if kind == "Pod":
        status: Object = {"phase": "Pending", "qosClass": quality_of_service(obj["spec"])}
        if obj["spec"].get("schedulingGates"):
            status["conditions"] = [
                {
                    "type": "PodScheduled",
                    "status": "False",
                    "lastProbeTime": None,
                    "lastTransitionTime": now_text(),
                    "reason": "SchedulingGated",
                    "message": "Scheduling is blocked due to non-empty scheduling gates",
                }
            ]
        obj["status"] = status
    elif kind == "StatefulSet":
        obj["status"] = {"replicas": 0, "availableReplicas": 0}
    elif kind == "ReplicaSet":
        obj["status"] = {"replicas": 0}
    elif kind == "Namespace":
        obj["status"] = {"phase": "Active"}
    elif kind in WITH_STATUS and kind != "Node":
        obj["status"] = {}


def _job_labels(obj: Object) -> None:
    spec, meta = obj["spec"], obj["metadata"]
    if spec.get("manualSelector"):
        return
    values = (meta["uid"], meta.get("name", ""))
    marks = dict(zip((*JOB_LABELS, *OLD_JOB_LABELS), values * 2, strict=True))
    template = spec["template"].setdefault("metadata", {})
    shared = not meta.get("labels") or meta["labels"] is template.get("labels")
    labels = template.setdefault("labels", {})
    for key, value in marks.items():
        labels.setdefault(key, value)
    if shared:
        meta["labels"] = dict(labels)
    selected = spec.setdefault("selector", {}).setdefault("matchLabels", {})
    selected.setdefault(JOB_LABELS[0], meta["uid"])


def prepare_changed(kind: Kind, old: Object, new: Object, part: str) -> Object:
    """Give a changed object what only the server may say, and keep the part that is not meant."""
    out = new
    if part == "status":
        out = _with_status(kind, old, new)
    elif kind.name in WITH_STATUS:
        out = {**new}
        if "status" in old:
            out["status"] = clone(old["status"])
    if kind.name == "Namespace" and part != "finalize":
        out["spec"] = clone(old.get("spec") or {})
    meta, before = out.setdefault("metadata", {}), old["metadata"]
    meta.setdefault("uid", before["uid"])
    for name in SYSTEM_FIELDS:
        if name == "uid":
            continue
        if name in before:
            meta[name] = before[name]
        else:
            meta.pop(name, None)
    meta["name"] = before["name"]
    if kind.namespaced:
        meta["namespace"] = before["namespace"]
    if not meta.get("generateName") and before.get("generateName"):
        meta["generateName"] = before["generateName"]
    return out


def _with_status(kind: Kind, old: Object, new: Object) -> Object:
    """What a write of the status may change: the status, and labels and annotations beside it."""
    out = clone(old)
    out["status"] = new.get("status", {})
    before, after = out["metadata"], new.get("metadata") or {}
    labels = () if kind.name == "Deployment" else ("labels",)
    for name in (*labels, "annotations", "finalizers", "managedFields"):
        before.pop(name, None)
        if after.get(name):
            before[name] = clone(after[name])
    return out


def bump_generation(kind: Kind, old: Object, new: Object) -> None:
    """Count a change of what is wanted."""
    if kind.name in WITH_GENERATION and _wanted(kind, old) != _wanted(kind, new):
        new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def _wanted(kind: Kind, obj: Object) -> object:
    return obj.get("spec")
