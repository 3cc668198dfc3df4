"""Apply and confirm: the object that keeps a workload alive, and its pods coming up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from inventory import labels
from inventory.k8s.errors import AlreadyExists, Forbidden
from inventory.k8s.project import spec_digest
from portal.errors import Refused
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Fail, Outcome, Reason, Wait
from portal.scope import scope
from scheduling.choices import AllocationKind, AllocationState, RunsAs
from scheduling.manifests.workload import Object
from scheduling.models import Allocation
from scheduling.services.allocations import COMING, allocation_publish
from scheduling.services.clusters import (
    cluster_id_of,
    is_ours,
    manifest_of,
    node_names,
    object_ref,
    owner_of,
    space_of,
    writer_of,
)
from scheduling.services.health import health_lags, health_mirrored
from scheduling.services.moves import quota_move
from scheduling.services.namespaces import foreign_refusal
from scheduling.services.pods import (
    image_trouble,
    is_running,
    pod_item,
    seconds_since,
    waiting_reason,
)
from scheduling.services.runs import run_end, run_failure
from scheduling.services.steps.common import POLL_SECONDS, load, load_locked, move_of, pods_now

IMAGE_PATIENCE_SECONDS = 300
READY_PATIENCE_SECONDS = 10
CREATED = gettext_noop("Created %(object)s.")
ADOPTED = gettext_noop("Found %(object)s as this job had made it.")
IMAGE = gettext_noop("The image can't be pulled: %(image)s. Ask again with one that can.")
NOT_READY = gettext_noop("All pods run; not all are ready yet.")
FOREIGN = gettext_noop("%(object)s stands there and is not Berth's.")


def apply(ctx: StepContext) -> Outcome:
    """Create the object, or find that an earlier attempt did; never take over another's."""
    allocation = load(ctx)
    if allocation.kind == AllocationKind.OPEN:
        return Done({"object": ""})
    return object_make(ctx, allocation)


def object_make(ctx: StepContext, allocation: Allocation) -> Outcome:
    """Create the object of a workload and keep which one it is.

    Raises Refused where one stands there that this job has not made.
    """
    ref = object_ref(allocation)
    owner = owner_of(tenant_key=allocation.tenant_key, allocation=allocation)
    writer = writer_of(cluster_id_of(allocation))
    if "object" not in ctx.recorded:
        ctx.intend(object=str(ref))
    manifest = manifest_of(allocation, nodes=node_names(allocation), job_id=ctx.job.pk)
    ctx.check()
    text = CREATED
    try:
        found = writer.create(manifest)
    except AlreadyExists:
        text = ADOPTED
        found = writer.get(ref) or {}
        job_label = (found.get("metadata", {}).get("labels") or {}).get(labels.JOB)
        if not found or job_label != str(ctx.job.pk) or not is_ours(found, owner):
            raise Refused(foreign_refusal(str(ref))) from None
    with ctx.transaction():
        Allocation.objects.filter(pk=allocation.pk).update(
            object_uid=found["metadata"]["uid"], spec_hash=spec_digest(found["spec"])
        )
        ctx.log("ok", text, object=str(ref))
    return Done({"object": str(ref), "uid": found["metadata"]["uid"]})


def confirm(ctx: StepContext) -> Outcome:
    """Wait for every pod to run, then turn what was reserved into what is bound."""
    allocation = load(ctx)
    if allocation.state not in COMING:  # an earlier attempt came this far
        return Done({"namespace": space_of(allocation).name})
    pending = work_pending(ctx, allocation)
    if pending is not None:
        return pending
    with ctx.transaction():
        ctx.check_cancel()  # with the job's row held: whoever stops it later finds it standing
        allocation = load_locked(ctx)
        refusal = quota_move(move_of(ctx, allocation, "bind"))
        if refusal is not None:
            raise Refused(refusal)
        Allocation.objects.filter(pk=allocation.pk).update(
            state=health_mirrored(allocation) or AllocationState.ACTIVE,
            active_at=timezone.now(),
            reason=None,
        )
        allocation_publish(allocation)
    return Done({"namespace": space_of(allocation).name})


def work_pending(ctx: StepContext, allocation: Allocation) -> Outcome | None:
    """None when every pod runs or has completed; else why not yet, or that it never will."""
    if allocation.kind == AllocationKind.OPEN:
        return None
    status = _run_status(ctx, allocation) if allocation.runs_as == RunsAs.COMPLETION else {}
    end = run_end(status.get("conditions") or ())
    if end is None:
        return _pods_pending(ctx, allocation, status) or _facts_pending(ctx, allocation)
    failure = run_failure(end)
    return Fail(failure) if failure else None


def _run_status(ctx: StepContext, allocation: Allocation) -> Mapping[str, Any]:
    """Status of the Job, asked of the cluster: the mirror may have told its end before."""
    ctx.check()
    found = writer_of(cluster_id_of(allocation)).get(object_ref(allocation))
    ours = found is not None and found["metadata"]["uid"] == allocation.object_uid
    return (found or {}).get("status") or {} if ours else {}


def _pods_pending(
    ctx: StepContext, allocation: Allocation, run: Mapping[str, Any]
) -> Outcome | None:
    ctx.check_cancel()
    pods = pods_now(ctx, allocation)
    items = [pod_item(pod) for pod in sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))]
    # What has completed is counted by its Job: its pods may be gone, with their node perhaps.
    done = sum(map(is_running, items)) + int(run.get("succeeded") or 0)
    ctx.progress(done=done, total=allocation.replicas, items=items)
    if done >= allocation.replicas:
        return None
    trouble = image_trouble(items)
    if trouble is not None and seconds_since(trouble["since"], ctx.now()) > IMAGE_PATIENCE_SECONDS:
        return Fail(Reason("image", IMAGE, {"image": str(allocation.spec.get("image", ""))}))
    refusals = _refusals(ctx, allocation) if len(pods) < allocation.replicas else []
    reason = waiting_reason(items, done=done, total=allocation.replicas, refusals=refusals)
    return Wait(reason, POLL_SECONDS)


def _facts_pending(ctx: StepContext, allocation: Allocation) -> Outcome | None:
    """None when the mirror shows the pods ready, too, or has been given the time to.

    Otherwise an older fact would come after the job's word and undo it for a moment.
    """
    with scope(ctx.viewer):
        if not health_lags(allocation, now=ctx.now()):
            return None
    if "run_since" not in ctx.recorded:
        ctx.intend(run_since=ctx.now().isoformat())
    if seconds_since(ctx.recorded["run_since"], ctx.now()) > READY_PATIENCE_SECONDS:
        return None
    return Wait(Reason("not-ready", NOT_READY), POLL_SECONDS)


def _refusals(ctx: StepContext, allocation: Allocation) -> list[Object]:
    """What the cluster says of the object itself, for when its pods do not even come.

    It only makes the words better, so a role without the right to read it stops nothing.
    """
    ctx.check()
    if not allocation.object_uid:
        return []
    writer = writer_of(cluster_id_of(allocation))
    try:
        return writer.events(namespace=space_of(allocation).name, uid=allocation.object_uid)
    except Forbidden:
        return []
