"""Subresources: scale, binding, eviction, resize, ephemeral containers, finalize."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from simulator.admission.accounts import topology_labels
from simulator.admission.attempt import Attempt
from simulator.api import answer, bodies, changes, delete, errors, patches, write
from simulator.api.answer import Answer
from simulator.api.read import get
from simulator.api.request import Request
from simulator.kinds.quantity import milli, parse
from simulator.kinds.registry import Kind, kind_named
from simulator.kinds.usage import pod_amounts
from simulator.objects import Object, clone, condition_of, now_text
from simulator.validation.amounts import amounts_validate
from simulator.validation.pods import resized

if TYPE_CHECKING:
    from simulator.core import Core

SCALE = Kind("Scale", "scales", "autoscaling", True, ())
CREATED = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
Part = Callable[["Core", Kind, Request], Answer]


def scale(core: Core, kind: Kind, request: Request) -> Answer:
    """Read or set the number of replicas alone."""
    stored = get(core, kind, request)
    shown = _scale_of(stored.obj)
    if request.method == "GET":
        return answer.of_object(200, SCALE, shown)
    wanted = _scale_wanted(request, shown)
    options = changes.options_of(request, "PatchOptions")
    replicas = (wanted.get("spec") or {}).get("replicas", 0)
    after = clone(shown)
    after["spec"]["replicas"] = replicas

    def make(old: Object) -> Object:
        old["spec"]["replicas"] = replicas
        return old

    changed = write.change(
        core, kind, request.namespace, request.name, make, options,
        attempt_object=("Scale", after, shown),
    )  # fmt: skip
    return answer.of_object(200, SCALE, _scale_of(changed))


def _scale_of(obj: Object) -> Object:
    meta = {
        key: obj["metadata"][key]
        for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    }
    labels = obj["spec"]["selector"].get("matchLabels") or {}
    status: Object = {"replicas": (obj.get("status") or {}).get("replicas", 0)}
    status["selector"] = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return {"metadata": meta, "spec": {"replicas": obj["spec"]["replicas"]}, "status": status}


def _scale_wanted(request: Request, shown: Object) -> Object:
    media = request.headers.get("content-type", "").partition(";")[0]
    if request.method == "PUT":
        return bodies.object_read(SCALE, request.body, media)
    content = bodies.plain_read(request.body, media)
    if media == changes.JSON_PATCH:
        found: Any = patches.json_patch(shown, content)
    else:
        found = patches.merge_patch(shown, content)
    return dict(found)


def binding(core: Core, kind: Kind, request: Request) -> Answer:
    """Place a pod on a node."""
    media = request.headers.get("content-type", "")
    body = bodies.object_read(kind_named("Binding"), request.body, media)
    name = str((body.get("metadata") or {}).get("name", ""))
    if request.name and name != request.name:
        raise errors.bad_request("name in URL does not match name in Binding object")
    target = str((body.get("target") or {}).get("name", ""))
    if not target:
        raise errors.internal("target.name: Required value")
    own = kind if kind.name == "Binding" else kind_named("Pod")
    attempt = Attempt(
        "CREATE", own, request.namespace, name, request.user, body,
        part="binding" if own.name == "Pod" else "", object_kind="Binding",
    )  # fmt: skip
    core.admission.validate(attempt)
    bind(core, request.namespace, name, target)
    return answer.of_plain(201, CREATED)


def bind(core: Core, namespace: str, name: str, node: str) -> None:
    """Give a pod its node; raises StatusError."""
    kind = kind_named("Pod")
    stored = core.store.get(kind.key, namespace, name)
    if stored is None:
        raise errors.not_found(kind, name)
    assigned = stored.obj["spec"].get("nodeName")
    why = f'pod {name} is already assigned to node "{assigned}"' if assigned else ""
    if stored.obj["metadata"].get("deletionTimestamp"):
        why = f"pod {name} is being deleted, cannot be assigned to a host"
    if why:
        text = f'Operation cannot be fulfilled on pods/binding "{name}": {why}'
        details = {"name": name, "kind": "pods/binding"}
        raise errors.StatusError(409, "Conflict", text, details=details)
    pod = clone(stored.obj)
    pod["spec"]["nodeName"] = node
    topology_labels(core.store, node, pod)
    set_condition(pod, {"type": "PodScheduled", "status": "True"})
    core.store.write(kind.key, pod)


def set_condition(pod: Object, condition: Object) -> None:
    """Set one condition of a pod; its time changes with its status alone."""
    conditions = pod.setdefault("status", {}).setdefault("conditions", [])
    before = condition_of(pod, condition["type"])
    moment = now_text()
    if before is not None and before["status"] == condition["status"]:
        moment = before["lastTransitionTime"]
    made = {"lastProbeTime": None, "lastTransitionTime": moment} | condition
    if before is None:
        conditions.append(made)
    else:
        conditions[conditions.index(before)] = made


def eviction(core: Core, kind: Kind, request: Request) -> Answer:
    """Ask a pod to go, as a drain does; without disruption budgets nothing holds it."""
    stored = get(core, kind, request)
    options = changes.options_of(request, "CreateOptions")
    media = request.headers.get("content-type", "")
    body = bodies.object_read(kind, request.body, media)
    wanted = body.get("deleteOptions") or {}
    deletion = delete.Deletion.read(wanted, "", "")
    options.part = "eviction"
    delete.evict(core, kind, stored, deletion, options)
    return answer.of_plain(201, CREATED)


def resize(core: Core, kind: Kind, request: Request) -> Answer:
    """Change what a pod's containers ask for, where it stands."""
    if request.method == "GET":
        return answer.of_stored(kind, get(core, kind, request))
    options = changes.options_of(request, "PatchOptions")
    media = request.headers.get("content-type", "").partition(";")[0].strip()
    content = (
        bodies.object_read(kind, request.body, media)
        if request.method == "PUT"
        else bodies.plain_read(request.body, media)
    )

    def make(old: Object) -> Object:
        if request.method == "PUT":
            new = write.decode(kind, content, options)
        else:
            new = changes.patched(kind, old, content, media, options)
        out: Object = resized(old, new)
        version = new["metadata"].get("resourceVersion")
        out["metadata"]["resourceVersion"] = version or old["metadata"]["resourceVersion"]
        out["metadata"]["uid"] = new["metadata"].get("uid", old["metadata"]["uid"])
        _resize_check(core, old, out)
        return out

    changed = write.change(core, kind, request.namespace, request.name, make, options)
    return answer.of_object(200, kind, changed)


def _resize_check(core: Core, old: Object, new: Object) -> None:
    kind, name = kind_named("Pod"), new["metadata"]["name"]
    causes = errors.Causes()
    for index, container in enumerate(new["spec"].get("containers") or ()):
        path = f"spec.containers[{index}].resources"
        amounts_validate(container.get("resources") or {}, path, causes)
    if causes.found:
        raise errors.invalid_object(kind, name, causes.found)
    node = core.store.get("nodes", "", old["spec"].get("nodeName", ""))
    if node is None:
        return
    room = (node.obj.get("status") or {}).get("allocatable") or {}
    for key, (value, _form) in pod_amounts(new, "requests").items():
        if key in ("cpu", "memory") and key in room and value > parse(room[key]):
            unit = milli if key == "cpu" else lambda text: int(parse(text))
            asked = int(value * 1000) if key == "cpu" else int(value)
            why = (
                f"node didn't have enough allocatable resources: {key}, requested: {asked},"
                f" allocatable: {unit(room[key])}"
            )
            raise errors.forbidden(kind, name, why, [{"reason": "NodeCapacity"}])


def ephemeral(core: Core, kind: Kind, request: Request) -> Answer:
    """Add containers for a look."""
    if request.method == "GET":
        return answer.of_stored(kind, get(core, kind, request))
    options = changes.options_of(request, "UpdateOptions")
    media = request.headers.get("content-type", "").partition(";")[0].strip()

    def make(old: Object) -> Object:
        if request.method == "PUT":
            new = write.decode(kind, bodies.object_read(kind, request.body, media), options)
        else:
            content = bodies.plain_read(request.body, media)
            new = changes.patched(kind, old, content, media, options)
        out = clone(old)
        out["metadata"]["resourceVersion"] = new["metadata"].get(
            "resourceVersion", old["metadata"]["resourceVersion"]
        )
        if new["spec"].get("ephemeralContainers"):
            out["spec"]["ephemeralContainers"] = new["spec"]["ephemeralContainers"]
        return out

    changed = write.change(core, kind, request.namespace, request.name, make, options)
    return answer.of_object(200, kind, changed)


def status(core: Core, kind: Kind, request: Request) -> Answer:
    """The status alone: read as the whole object, written apart from the rest."""
    if request.method == "GET":
        return answer.of_stored(kind, get(core, kind, request))
    return (
        changes.put(core, kind, request)
        if request.method == "PUT"
        else changes.patch(core, kind, request)
    )


def finalize(core: Core, kind: Kind, request: Request) -> Answer:
    """Give up the finalizers of a namespace."""
    return changes.put(core, kind, request)


PARTS: dict[str, tuple[Part, tuple[str, ...]]] = {
    "scale": (scale, ("GET", "PUT", "PATCH")),
    "binding": (binding, ("POST",)),
    "eviction": (eviction, ("POST",)),
    "resize": (resize, ("GET", "PUT", "PATCH")),
    "ephemeralcontainers": (ephemeral, ("GET", "PUT", "PATCH")),
    "status": (status, ("GET", "PUT", "PATCH")),
    "finalize": (finalize, ("PUT",)),
}
