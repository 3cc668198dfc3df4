"""Pointing an object at other nodes, and deleting the pods that stand in the wrong place.

Used by the job that places anew. A Job may be pointed elsewhere while it stands still; where the
API server does not take that, the run begins again (see `rerun`). Every patch names the version
that was read; every delete names a UID; both may be repeated after a crash.
"""

from __future__ import annotations

import time
from typing import Any

from django.utils.translation import gettext_noop

from inventory.k8s.errors import ClusterError, Conflict, Invalid
from inventory.k8s.paths import ObjectRef
from inventory.k8s.project import spec_digest
from inventory.k8s.writer import Writer
from inventory.models import Node
from portal.errors import Unavailable
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Outcome, Park, Reason, Wait
from portal.models.jobs import JobStep, StepState
from portal.scope import scope
from scheduling.choices import AllocationKind, AllocationState, RunsAs
from scheduling.manifests.merge import merged
from scheduling.manifests.workload import affinity
from scheduling.models import Allocation
from scheduling.services.allocations import RELEASABLE, REPLACE, undone_among
from scheduling.services.clusters import (
    SYSTEM,
    cluster_id_of,
    node_names,
    object_ref,
    space_of,
    writer_of,
)
from scheduling.services.drift import Drifted
from scheduling.services.namespaces import CHANGED_MEANWHILE
from scheduling.services.runs import run_end
from scheduling.services.steps.common import (
    POLL_SECONDS,
    load,
    mirror_follow,
    pods_now,
    wait_pods_gone,
)
from scheduling.services.steps.rerun import rerun, succeed

QUICK_TRIES = 5
QUICK_SECONDS = 0.2
ENDED = ("Succeeded", "Failed")
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
COMING_PLACED = (AllocationState.APPLYING, AllocationState.RESERVED)
NOT_THERE = gettext_noop("Waiting for the object to be created.")
SUSPENDING = gettext_noop("Waiting for the run to stand still.")


def is_movable(allocation: Allocation) -> bool:
    """Tell whether it stands or comes up; the state stays the same while its coming is undone.

    It may be undone while it counts as active: the job died after it said so, and was stopped.
    """
    if allocation.state not in (*RELEASABLE, *COMING_PLACED):
        return False
    with scope(SYSTEM):
        return not undone_among([allocation])


def patch(ctx: StepContext) -> Outcome:
    """Point the object at the nodes it has room on now; what is right already stays untouched."""
    allocation = load(ctx)
    if "predecessor" in ctx.recorded:
        return succeed(ctx, allocation, make=is_movable(allocation))
    if allocation.kind == AllocationKind.OPEN or not is_movable(allocation):
        return Done()
    writer, ref = writer_of(cluster_id_of(allocation)), object_ref(allocation)
    ctx.check()
    found = writer.get(ref)
    if found is None or found["metadata"]["uid"] != allocation.object_uid:
        return Wait(Reason("not-there", NOT_THERE), POLL_SECONDS)
    # Read after the object: whoever moves the room later also writes a later version of it.
    wanted = affinity(node_names(allocation))
    if found["spec"]["template"]["spec"].get("affinity") != wanted:
        if allocation.runs_as == RunsAs.COMPLETION:
            try:
                return _patch_job(ctx, allocation, writer, ref, found, wanted)
            except ClusterError as error:
                return _still_refused(ctx, error)
        found = _patch(ctx, allocation, writer, found, _template(wanted))
    return _patched(ctx, allocation, _resumed(ctx, allocation, writer, found))


def _patch_job(
    ctx: StepContext,
    allocation: Allocation,
    writer: Writer,
    ref: ObjectRef,
    found: dict[str, Any],
    wanted: dict[str, Any],
) -> Outcome:
    """Suspend, wait until the pods are gone, patch where a dry run shows that it is taken."""
    status = found.get("status") or {}
    if run_end(status.get("conditions") or ()) is not None:  # it gives itself back
        return Done({"nodes": list(node_names(allocation))})
    if not found["spec"].get("suspend"):
        ctx.intend(suspend=True)
        found = _patch(ctx, allocation, writer, found, {"suspend": True})
    _hash_keep(ctx, allocation, found)  # that it stands still meanwhile is no difference
    found, pending = _rest(ctx, allocation, writer, found)
    if pending is not None:
        return pending
    try:
        writer.patch_merge(ref, {"spec": _template(wanted)}, dry_run=True)
    except Invalid:
        return rerun(ctx, allocation, found)
    found = _patch(ctx, allocation, writer, found, _template(wanted))
    return _patched(ctx, allocation, _resumed(ctx, allocation, writer, found))


def _rest(
    ctx: StepContext, allocation: Allocation, writer: Writer, found: dict[str, Any]
) -> tuple[dict[str, Any], Outcome | None]:
    """The Job once it stands still, or what is still to be waited for.

    A moment is mostly enough; meanwhile the mirror learns of it, too.
    """
    ref, pending = object_ref(allocation), Wait(Reason("suspending", SUSPENDING), POLL_SECONDS)
    for _try in range(QUICK_TRIES):
        pods = [p for p in pods_now(ctx, allocation) if p["status"].get("phase") not in ENDED]
        if not pods and _stands_still(found.get("status") or {}):
            return found, None
        time.sleep(QUICK_SECONDS)
        ctx.check()
        now = writer.get(ref)
        if now is None or now["metadata"]["uid"] != allocation.object_uid:
            return found, Wait(Reason("not-there", NOT_THERE), POLL_SECONDS)
        found = now
    return found, wait_pods_gone(ctx, pods) if pods else pending


def _still_refused(ctx: StepContext, error: ClusterError) -> Outcome:
    """What stands still by Berth's doing is not left so: a refusal then waits for a person."""
    if not (error.permanent and ctx.recorded.get("suspend")):
        raise error
    return Park(Reason(error.code, gettext_noop("%(message)s"), {"message": str(error.message)}))


def _stands_still(status: dict[str, Any]) -> bool:
    """Tell whether the Job's controller has noticed; no API server lets a template change before.

    Source: pkg/registry/batch/job/strategy.go, validationOptionsForJob.
    """
    conditions = status.get("conditions") or ()
    suspended = any(c["type"] == "Suspended" and c["status"] == "True" for c in conditions)
    return suspended and not status.get("active")


def _resumed(
    ctx: StepContext, allocation: Allocation, writer: Writer, found: dict[str, Any]
) -> dict[str, Any]:
    """Let a Job go on that Berth has suspended; one that somebody else has stays as it is."""
    if not (found["spec"].get("suspend") and _is_suspender(ctx, allocation)):
        return found
    return _patch(ctx, allocation, writer, found, {"suspend": False})


def _is_suspender(ctx: StepContext, allocation: Allocation) -> bool:
    """Tell whether this step did it, in any attempt, or one of an earlier job that was given up."""
    if ctx.recorded.get("suspend"):
        return True
    with scope(ctx.viewer):
        earlier = JobStep.objects.filter(
            job__kind=REPLACE, job__key=allocation.job_key, name=ctx.step.name
        )
        return earlier.filter(intent__suspend=True).exclude(state=StepState.DONE).exists()


def _template(wanted: dict[str, Any]) -> dict[str, Any]:
    return {"template": {"spec": {"affinity": wanted}}}


def _patch(
    ctx: StepContext,
    allocation: Allocation,
    writer: Writer,
    found: dict[str, Any],
    spec: dict[str, Any],
) -> dict[str, Any]:
    """Patch exactly the version that was read; a newer one is drift or another worker's.

    What the spec will be is noted first: an attempt after a crash can then tell Berth's own patch
    from a change by somebody else, which has to stay visible as drift.
    """
    ref = object_ref(allocation)
    specs = ctx.recorded.get("specs", [])
    if spec_digest(found["spec"]) in (allocation.spec_hash, *specs):
        ctx.intend(specs=[*specs, spec_digest(merged(found["spec"], spec))])
    meta = {key: found["metadata"][key] for key in ("uid", "resourceVersion")}
    ctx.check()
    try:
        return writer.patch_merge(ref, {"metadata": meta, "spec": spec})
    except Conflict as conflict:
        if conflict.managers:
            raise Drifted(str(ref), conflict.managers) from conflict
        raise Unavailable(CHANGED_MEANWHILE) from conflict


def _patched(ctx: StepContext, allocation: Allocation, found: dict[str, Any]) -> Outcome:
    _hash_keep(ctx, allocation, found)
    return Done({"nodes": list(node_names(allocation))})


def _hash_keep(ctx: StepContext, allocation: Allocation, found: dict[str, Any]) -> None:
    """Keep what the spec is now, where this step has made it so."""
    digest = spec_digest(found["spec"])
    if digest != allocation.spec_hash and digest in ctx.recorded.get("specs", []):
        with ctx.transaction():
            Allocation.objects.filter(pk=allocation.pk).update(spec_hash=digest)
        allocation.spec_hash = digest
        mirror_follow(ctx, uid=allocation.object_uid, spec_hash=digest)


def evict(ctx: StepContext) -> Outcome:
    """Delete the pods that stand in the wrong place or nowhere; the controller makes others."""
    allocation = load(ctx)
    return Done({"pods": misplaced_evict(ctx, allocation)})


def misplaced_evict(ctx: StepContext, allocation: Allocation) -> list[str]:
    """Ask for each misplaced pod to be deleted, by UID, as often as it takes; return the names."""
    movable = allocation.kind == AllocationKind.WORKLOAD and is_movable(allocation)
    if not movable or allocation.namespace is None:
        return []
    good = set(node_names(allocation))
    writer, space = writer_of(cluster_id_of(allocation)), space_of(allocation)
    deleted = []
    for pod in pods_now(ctx, allocation):
        meta, node = pod["metadata"], (pod.get("spec") or {}).get("nodeName", "")
        if pod["status"].get("phase") in ENDED or not _misplaced(pod, node, good):
            continue
        dead = bool(node) and _proven_dead(allocation, node)
        if meta.get("deletionTimestamp") and not dead:
            continue
        if f"{meta['name']}/{meta['uid']}" not in ctx.recorded:
            ctx.intend(**{f"{meta['name']}/{meta['uid']}": "delete"})
        ctx.check()
        ref = ObjectRef("Pod", meta["name"], space.name)
        if writer.delete(ref, uid=meta["uid"], grace_seconds=0 if dead else None):
            deleted.append(str(meta["name"]))
    return deleted


def _misplaced(pod: dict[str, Any], node: str, good: set[str]) -> bool:
    """On a node it has no room on, or waiting for one with the affinity of before."""
    if node:
        return node not in good
    return bool(_pinned(pod) != good)


def _pinned(pod: dict[str, Any]) -> set[str]:
    """The nodes that a pod's required affinity names."""
    found: Any = pod["spec"]
    for key in ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"):
        found = found.get(key) or {}
    fields = [f for term in found.get("nodeSelectorTerms", ()) for f in term.get("matchFields", ())]
    return {str(value) for field in fields for value in field["values"]}


def _proven_dead(allocation: Allocation, name: str) -> bool:
    """By force only where the node is gone or an administrator marked it out of service."""
    there = Node.objects.filter(cluster_id=cluster_id_of(allocation), gone_at=None)
    node = there.filter(name=name).first()
    return node is None or out_of_service(node)


def out_of_service(node: Node) -> bool:
    """Tell whether an administrator vouches that nothing runs on the node any more."""
    return any(taint.get("key") == OUT_OF_SERVICE for taint in node.taints)
