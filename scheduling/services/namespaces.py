"""A tenant's namespace on a cluster: made, furnished, and its quota kept as the sum of its grants.

There is one way to write the ResourceQuota: read the object, add up the allocations in the
database, write with the version that was read. A slower writer finds another version and adds up
anew, so the last write always carries the newest sum.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.choices import ClusterState
from inventory.k8s.errors import AlreadyExists, Conflict
from inventory.k8s.paths import ObjectRef
from inventory.k8s.project import spec_digest
from inventory.k8s.quantities import amounts_parse
from inventory.k8s.writer import Writer
from inventory.labels import FIELD_MANAGER, own_labels
from inventory.services.namespaces import namespace_claim_write
from portal.errors import Refused, Unavailable
from portal.jobs.context import StepContext
from portal.refusal import Refusal
from portal.scope import scope
from scheduling import rules
from scheduling.choices import DriftKind
from scheduling.manifests import namespace as manifests
from scheduling.manifests.merge import merged, put_patch
from scheduling.models import Allocation, TenantNamespace
from scheduling.selectors.devices import device_keys, quota_keys
from scheduling.services.clusters import SYSTEM, is_ours, owner_of, writer_of
from scheduling.services.drift import Drifted, Finding, Spot, drift_record

Object = dict[str, Any]
TRIES = 5
MAX_MANAGER = 120
CHANGED_MEANWHILE = gettext_lazy("The object changed while it was written; trying again.")


class Overtaken(Unavailable):
    """Somebody else wrote the object between our reading and our writing it."""


def space_ensure(ctx: StepContext, space: TenantNamespace) -> None:
    """Have the namespace there, and ours. Raises Refused where it is somebody else's.

    What stands in it is the furniture's affair (scheduling.services.furniture).
    """
    writer = writer_of(space.cluster_id)
    found = _found_or_created(ctx, writer, space)
    if found["metadata"].get("deletionTimestamp"):
        raise Unavailable(_("The namespace is being deleted; the job waits until it is gone."))
    _uid_keep(ctx, space, found["metadata"]["uid"])
    wanted = namespace_wanted(space)
    # What the namespace allows grows and shrinks with its allocations. It was added up after the
    # object was read, and is written with that version: an older sum never lands on a newer one.
    wanted["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]
    if merged(found["metadata"], wanted["metadata"]) == found["metadata"]:
        return
    shown = own_labels(found["metadata"].get("labels") or {})
    finding = Finding(DriftKind.LABEL, spec_digest(shown))
    object_write(ctx, space, found, wanted, finding=finding)


def quota_write(ctx: StepContext, space: TenantNamespace) -> dict[str, int]:
    """Make `spec.hard` the sum of the namespace's grants; return it as raw keys and integers.

    Raises Drifted where another manager has taken the fields, Refused where the object is
    somebody else's, Unavailable when other writers were faster five times in a row.
    """
    writer = writer_of(space.cluster_id)
    owner = owner_of(tenant_key=space.tenant_key)
    ref = ObjectRef("ResourceQuota", manifests.QUOTA_NAME, space.name)
    for _try in range(TRIES):
        ctx.check()
        found = writer.get(ref) or _quota_create(writer, space)
        if found is None:
            continue
        if not is_ours(found, owner):
            raise Refused(foreign_refusal(str(ref)))
        hard = hard_sum(space)
        stands = amounts_parse(found["spec"].get("hard"))
        if stands == amounts_parse(hard):
            return amounts_parse(hard)
        body = manifests.resource_quota(namespace=space.name, owner=owner, hard=hard)
        body["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]
        finding = Finding(DriftKind.CHANGED, spec_digest(stands))
        try:
            object_write(ctx, space, found, body, finding=finding)
        except Overtaken:
            continue
        return amounts_parse(hard)
    raise Unavailable(_("The namespace's quota is being written by several jobs; trying again."))


def quota_restore(ctx: StepContext, space: TenantNamespace) -> None:
    """Write the sum over what another manager wrote, because a person chose so.

    Raises Refused where the object is somebody else's.
    """
    writer, owner = writer_of(space.cluster_id), owner_of(tenant_key=space.tenant_key)
    ref = ObjectRef("ResourceQuota", manifests.QUOTA_NAME, space.name)
    ctx.check()
    found = writer.get(ref) or _quota_create(writer, space)
    if found is None or not is_ours(found, owner):
        raise Refused(foreign_refusal(str(ref)))
    hard = hard_sum(space)
    wanted = manifests.resource_quota(namespace=space.name, owner=owner, hard=hard)
    object_put(ctx, space, found, wanted)


def quota_confirmed(ctx: StepContext, space: TenantNamespace, hard: dict[str, int]) -> bool:
    """Tell whether the cluster enforces what was written, and keep that it does."""
    found = _quota(ctx, space)
    status = (found or {}).get("status") or {}
    if amounts_parse(status.get("hard")) != hard:
        return False
    with ctx.transaction():
        TenantNamespace.objects.filter(pk=space.pk).update(hard=hard, confirmed_at=timezone.now())
    return True


def quota_use(
    ctx: StepContext, space: TenantNamespace
) -> tuple[dict[str, int], dict[str, int]] | None:
    """What the cluster enforces and what is used of it now, both by raw key.

    None where it does not enforce the sum of what is granted: use then says nothing.
    """
    status = (_quota(ctx, space) or {}).get("status") or {}
    hard = amounts_parse(status.get("hard"))
    if hard != amounts_parse(hard_sum(space)):
        return None
    return hard, amounts_parse(status.get("used"))


def space_is_gone(ctx: StepContext, space: TenantNamespace) -> bool:
    """Tell whether the namespace is not there any more, and nothing of it."""
    ctx.check()
    found = writer_of(space.cluster_id).get(ObjectRef("Namespace", space.name))
    return found is None or found["metadata"]["uid"] != space.uid


def hard_sum(space: TenantNamespace) -> dict[str, str]:
    """`spec.hard` for the allocations that count in a namespace now.

    Raises Unavailable where no node tells by which key a granted device type is limited.
    """
    with scope(SYSTEM):
        charged = list(
            Allocation.objects.filter(namespace=space, widened=True).values_list(
                "charged", flat=True
            )
        )
    amounts: Counter[str] = Counter()
    for part in charged:
        amounts.update(part)
    granted, known = quota_keys(
        cluster=space.cluster, resources=[key for key, amount in amounts.items() if amount]
    )
    return manifests.hard_of(amounts=dict(amounts), device_keys=granted, known_keys=known)


def foreign_refusal(scope_name: str) -> Refusal:
    """Somebody else's object stands where Berth's should."""
    return Refusal(
        rule=rules.NAMESPACE_FOREIGN,
        scope=scope_name,
        who=_("an administrator of the cluster"),
        next_step=_("Rename or remove that object, then ask again; Berth never takes it over."),
    )


def _quota(ctx: StepContext, space: TenantNamespace) -> Object | None:
    ctx.check()
    ref = ObjectRef("ResourceQuota", manifests.QUOTA_NAME, space.name)
    return writer_of(space.cluster_id).get(ref)


def namespace_wanted(space: TenantNamespace) -> Object:
    """The namespace as it should be now: its labels, and what it allows its pods."""
    with scope(SYSTEM):
        types = {
            resource
            for charged in Allocation.objects.filter(namespace=space, widened=True).values_list(
                "charged", flat=True
            )
            for resource in charged
        }
    keys = device_keys(cluster=space.cluster)
    tolerations = space.pool.tolerations if space.pool else []
    return manifests.namespace(
        name=space.name,
        owner=owner_of(tenant_key=space.tenant_key),
        kind=space.kind,
        pool=space.pool.name if space.pool else "",
        device_keys=[keys[name] for name in sorted(types) if name in keys],
        taint_keys=sorted({str(each["key"]) for each in tolerations if "key" in each}),
    )


def _found_or_created(ctx: StepContext, writer: Writer, space: TenantNamespace) -> Object:
    ref = ObjectRef("Namespace", space.name)
    found = writer.get(ref)
    if found is None:
        manifest = namespace_wanted(space)
        # Kept beside the namespace, not with this job: whichever of the tenant's jobs finds it
        # made, after a crash or before our answer came, has to know that it is Berth's.
        with ctx.transaction():
            rows = TenantNamespace.objects.filter(pk=space.pk, uid=space.uid)
            if not rows.update(meant=True, uid=""):  # another job has made it since we looked
                raise Overtaken(CHANGED_MEANWHILE)
        space.uid = ""
        ctx.check()
        try:
            # Without annotations: those change later, and belong to the apply alone.
            meta = {k: v for k, v in manifest["metadata"].items() if k != "annotations"}
            return writer.create(manifest | {"metadata": meta})
        except AlreadyExists:
            found = writer.get(ref)
    if found is None or not _is_known(space, found):
        raise Refused(foreign_refusal(str(ref)))
    return found


def _is_known(space: TenantNamespace, found: Object) -> bool:
    """Tell whether a namespace that stands there is the one that Berth made, or was making.

    Also one that it made before the cluster was removed here and registered again.
    """
    uid = found["metadata"]["uid"]
    with scope(SYSTEM):
        space.refresh_from_db(fields=["uid", "meant"])
        earlier = TenantNamespace.objects.filter(
            tenant_key=space.tenant_key, uid=uid, cluster__state=ClusterState.REMOVED
        )
        known = uid == space.uid if space.uid else space.meant or earlier.exists()
    return known and is_ours(found, owner_of(tenant_key=space.tenant_key))


def _uid_keep(ctx: StepContext, space: TenantNamespace, uid: str) -> None:
    """Keep which namespace it is, and claim it, so that the mirror knows whose it is."""
    if space.uid == uid:
        return
    with ctx.transaction():
        TenantNamespace.objects.filter(pk=space.pk).update(uid=uid, meant=False, furnished="")
        namespace_claim_write(
            cluster_id=space.cluster_id,
            uid=uid,
            name=space.name,
            tenant_key=space.tenant_key,
            kind=space.kind,
            pool_name=space.pool.name if space.pool else "",
        )
    space.uid, space.furnished = uid, ""


def _quota_create(writer: Writer, space: TenantNamespace) -> Object | None:
    """An empty one first: its fields are then owned by the apply that follows, and by it alone."""
    owner = owner_of(tenant_key=space.tenant_key)
    body = manifests.resource_quota(namespace=space.name, owner=owner, hard={})
    try:
        return writer.create(body)
    except AlreadyExists:
        return writer.get(ObjectRef.of(body))


def object_write(
    ctx: StepContext,
    space: TenantNamespace,
    found: Object | None,
    wanted: Object,
    *,
    finding: Finding,
) -> None:
    """Apply an object; `found` is what stood there a moment ago, `finding` what to call it.

    Where another manager holds a field, that is noted as a difference, and Drifted raised.
    Raises Overtaken where the object changed since it was read.
    """
    ctx.check()
    try:
        writer_of(space.cluster_id).apply(wanted)
    except Conflict as conflict:
        others = sorted(set(conflict.managers) - {FIELD_MANAGER})
        if others:
            raise stopped(ctx, space, ObjectRef.of(wanted), finding, others) from conflict
        if not conflict.managers or found is None:
            raise Overtaken(CHANGED_MEANWHILE) from None
        # What was put back by a patch of ours is ours, too, but not the apply's.
        object_put(ctx, space, found, wanted)


def object_put(ctx: StepContext, space: TenantNamespace, found: Object, wanted: Object) -> None:
    """Write over what was found, whoever wrote it, because a person chose so or it is ours.

    A merge patch of the version that was read: it takes the fields without force, and raises
    Overtaken where somebody writes at the same moment.
    """
    ctx.check()
    try:
        writer_of(space.cluster_id).patch_merge(ObjectRef.of(wanted), put_patch(found, wanted))
    except Conflict:
        raise Overtaken(CHANGED_MEANWHILE) from None


def stopped(
    ctx: StepContext, space: TenantNamespace, ref: ObjectRef, finding: Finding, managers: list[str]
) -> Drifted:
    """Note what is in the way, though it was accepted once, and make the error that says so."""
    seen = replace(finding, manager=", ".join(managers)[:MAX_MANAGER])
    with ctx.transaction():
        drift_record(seen, Spot.of(space.cluster_id, ref), tenant_key=space.tenant_key)
    return Drifted(str(ref), managers)
