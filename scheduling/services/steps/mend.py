"""Setting a difference right, because a person chose so, and removing what is left over."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from inventory.k8s.errors import AlreadyExists
from inventory.k8s.paths import ObjectRef
from inventory.k8s.project import spec_digest
from inventory.models import WorkloadFact
from portal.errors import Refused
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Outcome
from portal.scope import scope
from scheduling.choices import RunsAs
from scheduling.manifests.owner import Owner
from scheduling.models import Allocation
from scheduling.services.clusters import (
    SYSTEM,
    is_ours,
    manifest_of,
    node_names,
    object_ref,
    owner_of,
    space_of,
    writer_of,
)
from scheduling.services.namespaces import foreign_refusal, quota_restore
from scheduling.services.steps.common import load

RESTORED = gettext_noop("Set %(object)s back to what Berth wrote, as %(who)s chose.")
REMOVED = gettext_noop("Removed %(object)s, left over from an allocation that has ended.")


def mend(ctx: StepContext) -> Outcome:
    """Make the object again, or write Berth's fields over what somebody else wrote."""
    allocation = load(ctx)
    if ctx.args.get("object_kind") == "ResourceQuota":
        quota_restore(ctx, space_of(allocation))
        return Done()
    ref, writer = object_ref(allocation), writer_of(allocation.cluster_id or 0)
    owner = owner_of(tenant_key=allocation.tenant_key, allocation=allocation)
    manifest = manifest_of(allocation, nodes=node_names(allocation), job_id=ctx.job.pk)
    ctx.check()
    found = writer.get(ref)
    if found is None:
        ctx.intend(create=str(ref))
        ctx.check()
        try:
            found = writer.create(manifest)
        except AlreadyExists:
            found = writer.get(ref)
    if found is None or not is_ours(found, owner):
        raise Refused(foreign_refusal(str(ref)))
    if found["metadata"]["uid"] == allocation.object_uid:
        meta = {key: found["metadata"][key] for key in ("uid", "resourceVersion")}
        spec = manifest["spec"]
        if allocation.runs_as == RunsAs.COMPLETION:
            changed = {"parallelism": spec["parallelism"], "suspend": False}
        else:
            changed = {"replicas": spec["replicas"], "template": spec["template"]}
        found = writer.patch_merge(ref, {"metadata": meta, "spec": changed})
    with ctx.transaction():
        Allocation.objects.filter(pk=allocation.pk).update(
            object_uid=found["metadata"]["uid"], spec_hash=spec_digest(found["spec"])
        )
        ctx.log("ok", RESTORED, object=str(ref), who=ctx.job.requested_by_label)
    return Done({"object": str(ref)})


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
