"""Setting a difference right, because a person chose so, and removing what is left over."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from inventory.k8s.errors import AlreadyExists, Conflict
from inventory.k8s.paths import ObjectRef
from inventory.k8s.project import spec_digest
from inventory.k8s.writer import Object, Writer
from inventory.models import WorkloadFact
from portal.errors import Refused, Unavailable
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Outcome
from portal.scope import scope
from scheduling.choices import RunsAs
from scheduling.manifests.merge import exact_patch, merged
from scheduling.manifests.owner import Owner
from scheduling.models import Allocation
from scheduling.services.allocations import RELEASABLE
from scheduling.services.clusters import (
    SYSTEM,
    cluster_id_of,
    is_ours,
    manifest_of,
    node_names,
    object_ref,
    owner_of,
    space_of,
    writer_of,
)
from scheduling.services.drift import space_wake
from scheduling.services.namespaces import CHANGED_MEANWHILE, foreign_refusal, quota_restore
from scheduling.services.steps.common import load
from scheduling.services.steps.repoint import is_movable
from scheduling.services.steps.widen import space_again

CHANGEABLE = {
    RunsAs.SERVICE: ("replicas", "template", "updateStrategy", "minReadySeconds", "ordinals"),
    RunsAs.COMPLETION: ("parallelism", "suspend"),
}
RESTORED = gettext_noop("Set %(object)s back to what Berth wrote, as %(who)s chose.")
REMOVED = gettext_noop("Removed %(object)s, left over from an allocation that has ended.")


def mend(ctx: StepContext) -> Outcome:
    """Make the object again, or write Berth's fields over what somebody else wrote."""
    allocation = load(ctx)
    outcome = _mended(ctx, allocation)
    if isinstance(outcome, Done):  # others of the namespace may have stopped for the same reason
        with ctx.transaction():
            space_wake(space_of(allocation))
    return outcome


def _mended(ctx: StepContext, allocation: Allocation) -> Outcome:
    pending = space_again(ctx, space_of(allocation))
    if pending is not None:
        return pending
    if ctx.args.get("object_kind") == "ResourceQuota":
        quota_restore(ctx, space_of(allocation))
        return Done()
    if allocation.state not in RELEASABLE or not is_movable(allocation):
        return Done()  # it is on its way out: nothing is made any more
    ref, writer = object_ref(allocation), writer_of(cluster_id_of(allocation))
    ctx.check()
    found = writer.get(ref) or _made_again(ctx, allocation, writer)
    owner = owner_of(tenant_key=allocation.tenant_key, allocation=allocation)
    if found is None or not is_ours(found, owner):
        raise Refused(foreign_refusal(str(ref)))
    if found["metadata"]["uid"] == allocation.object_uid:
        found = _written_over(ctx, allocation, writer, found)
    with ctx.transaction():
        Allocation.objects.filter(pk=allocation.pk).update(
            object_uid=found["metadata"]["uid"], spec_hash=spec_digest(found["spec"])
        )
        ctx.log("ok", RESTORED, object=str(ref), who=ctx.job.requested_by_label)
    return Done({"object": str(ref)})


def _made_again(ctx: StepContext, allocation: Allocation, writer: Writer) -> Object | None:
    ref = object_ref(allocation)
    manifest = manifest_of(allocation, nodes=node_names(allocation), job_id=ctx.job.pk)
    ctx.intend(create=str(ref))
    ctx.check()
    try:
        return writer.create(manifest)
    except AlreadyExists:
        return writer.get(ref)


def _written_over(
    ctx: StepContext, allocation: Allocation, writer: Writer, found: Object
) -> Object:
    """Leave nothing of what others wrote into the fields that Kubernetes lets one change."""
    # After the read: whoever moves the room later also writes a later version of the object.
    manifest = manifest_of(allocation, nodes=node_names(allocation), job_id=ctx.job.pk)
    wanted = manifest["spec"] | {"suspend": False}
    keys = CHANGEABLE[RunsAs(allocation.runs_as)]
    spec = exact_patch(
        {key: found["spec"][key] for key in keys if key in found["spec"]},
        {key: wanted[key] for key in keys if key in wanted},
    )
    if merged(found["spec"], spec) == found["spec"]:
        return found
    meta = {key: found["metadata"][key] for key in ("uid", "resourceVersion")}
    ctx.check()
    try:
        return writer.patch_merge(object_ref(allocation), {"metadata": meta, "spec": spec})
    except Conflict:
        raise Unavailable(CHANGED_MEANWHILE) from None


def sweep(ctx: StepContext) -> Outcome:
    """Delete an object of an ended allocation, by the UID that the mirror saw."""
    with scope(SYSTEM):
        fact = WorkloadFact.objects.filter(pk=ctx.args["fact"]).first()
    if fact is None:
        return Done()
    ref = ObjectRef(fact.kind, fact.name, fact.namespace)
    writer = writer_of(ctx.args["cluster"])
    ctx.check()
    found = writer.get(ref)
    with scope(SYSTEM):
        allocation = Allocation.objects.get(pk=int(fact.labels["berth.dev/allocation"]))
    owner = owner_of(tenant_key=allocation.tenant_key)
    expected = Owner(owner.installation, allocation.tenant_key, allocation.pk)
    if found is not None and found["metadata"]["uid"] == fact.uid and is_ours(found, expected):
        ctx.check()
        writer.delete(ref, uid=fact.uid, propagation="Foreground")
        ctx.log("warn", REMOVED, object=str(ref))
    return Done({"object": str(ref)})
