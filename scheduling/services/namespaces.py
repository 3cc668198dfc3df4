"""A tenant's namespace on a cluster: made, furnished, and its quota kept as the sum of its grants.

There is one way to write the ResourceQuota: read the object, add up the allocations in the
database, write with the version that was read. A slower writer finds another version and adds up
anew, so the last write always carries the newest sum.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.k8s.errors import AlreadyExists, Conflict
from inventory.k8s.paths import ObjectRef
from inventory.k8s.quantities import amounts_parse
from inventory.k8s.writer import Writer
from inventory.services.namespaces import namespace_claim_write
from portal.errors import Refused, Unavailable
from portal.jobs.context import StepContext
from portal.refusal import Refusal
from portal.scope import scope
from scheduling import rules
from scheduling.manifests import namespace as manifests
from scheduling.models import Allocation, TenantNamespace
from scheduling.selectors.devices import device_keys, known_keys
from scheduling.services.clusters import SYSTEM, is_ours, owner_of, writer_of
from scheduling.services.drift import Drifted

Object = dict[str, Any]
TRIES = 5
CHANGED_MEANWHILE = gettext_lazy("The object changed while it was written; trying again.")


def space_ensure(ctx: StepContext, space: TenantNamespace) -> None:
    """Have the namespace there, ours, and furnished. Raises Refused where it is somebody else's."""
    writer = writer_of(space.cluster_id)
    found = _found_or_created(ctx, writer, space)
    if found["metadata"].get("deletionTimestamp"):
        raise Unavailable(_("The namespace is being deleted; the job waits until it is gone."))
    _uid_keep(ctx, space, found["metadata"]["uid"])
    wanted = _wanted(space)
    digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    if space.furnished == digest:
        return
    # What the namespace allows grows and shrinks with its allocations. It was added up after the
    # object was read, and is written with that version: an older sum never lands on a newer one.
    wanted[0]["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]
    for obj in wanted:
        ctx.check()
        _apply(writer, obj)
    with ctx.transaction():
        TenantNamespace.objects.filter(pk=space.pk).update(furnished=digest)
    space.furnished = digest


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
        if amounts_parse(found["spec"].get("hard")) == amounts_parse(hard):
            return amounts_parse(hard)
        body = manifests.resource_quota(namespace=space.name, owner=owner, hard=hard)
        body["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]
        try:
            writer.apply(body)
        except Conflict as conflict:
            if conflict.managers:
                raise Drifted(str(ref), conflict.managers) from conflict
            continue
        return amounts_parse(hard)
    raise Unavailable(_("The namespace's quota is being written by several jobs; trying again."))


def quota_restore(ctx: StepContext, space: TenantNamespace) -> None:
    """Write the sum over what another manager wrote, because a person chose so.

    A merge patch of the version that was read: it takes the fields without force, and fails where
    somebody writes at the same moment. Raises Refused where the object is somebody else's.
    """
    writer = writer_of(space.cluster_id)
    ref = ObjectRef("ResourceQuota", manifests.QUOTA_NAME, space.name)
    ctx.check()
    found = writer.get(ref) or _quota_create(writer, space)
    if found is None or not is_ours(found, owner_of(tenant_key=space.tenant_key)):
        raise Refused(foreign_refusal(str(ref)))
    meta = {key: found["metadata"][key] for key in ("uid", "resourceVersion")}
    hard = hard_sum(space)
    ctx.check()
    try:
        writer.patch_merge(ref, {"metadata": meta, "spec": {"hard": hard}})
    except Conflict:
        raise Unavailable(CHANGED_MEANWHILE) from None


def quota_confirmed(ctx: StepContext, space: TenantNamespace, hard: dict[str, int]) -> bool:
    """Tell whether the cluster enforces what was written, and keep that it does."""
    found = _quota(ctx, space)
    status = (found or {}).get("status") or {}
    if amounts_parse(status.get("hard")) != hard:
        return False
    with ctx.transaction():
        TenantNamespace.objects.filter(pk=space.pk).update(hard=hard, confirmed_at=timezone.now())
    return True


def quota_use(ctx: StepContext, space: TenantNamespace) -> tuple[dict[str, int], dict[str, int]]:
    """What the cluster enforces and what is used of it now, both by raw key."""
    status = (_quota(ctx, space) or {}).get("status") or {}
    return amounts_parse(status.get("hard")), amounts_parse(status.get("used"))


def hard_sum(space: TenantNamespace) -> dict[str, str]:
    """`spec.hard` for the allocations that count in a namespace now."""
    with scope(SYSTEM):
        charged = list(
            Allocation.objects.filter(namespace=space, widened=True).values_list(
                "charged", flat=True
            )
        )
    amounts: Counter[str] = Counter()
    for part in charged:
        amounts.update(part)
    return manifests.hard_of(
        amounts=dict(amounts),
        device_keys=device_keys(cluster=space.cluster),
        known_keys=known_keys(cluster=space.cluster),
    )


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


def _wanted(space: TenantNamespace) -> list[Object]:
    owner = owner_of(tenant_key=space.tenant_key)
    with scope(SYSTEM):
        types = {
            resource
            for charged in Allocation.objects.filter(namespace=space, widened=True).values_list(
                "charged", flat=True
            )
            for resource in charged
        }
    keys = device_keys(cluster=space.cluster)
    pool = space.pool.name if space.pool else ""
    return [
        manifests.namespace(
            name=space.name,
            owner=owner,
            kind=space.kind,
            pool=pool,
            device_keys=[keys[name] for name in sorted(types) if name in keys],
            taint_keys=sorted(
                {
                    str(t["key"])
                    for t in (space.pool.tolerations if space.pool else [])
                    if "key" in t
                }
            ),
        ),
        *manifests.furniture(
            namespace=space.name,
            owner=owner,
            kind=space.kind,
            subjects=space.cluster.subject_template,
        ),
    ]


def _found_or_created(ctx: StepContext, writer: Writer, space: TenantNamespace) -> Object:
    ref = ObjectRef("Namespace", space.name)
    found = writer.get(ref)
    if found is None:
        manifest = _wanted(space)[0]
        ctx.intend(namespace=space.name)
        ctx.check()
        try:
            # Without annotations: those change later, and belong to the apply alone.
            meta = {k: v for k, v in manifest["metadata"].items() if k != "annotations"}
            return writer.create(manifest | {"metadata": meta})
        except AlreadyExists:
            found = writer.get(ref)
    meant = space.uid or ctx.recorded.get("namespace")
    if found is None or not meant or not is_ours(found, owner_of(tenant_key=space.tenant_key)):
        raise Refused(foreign_refusal(str(ref)))
    if space.uid and found["metadata"]["uid"] != space.uid and "namespace" not in ctx.recorded:
        raise Refused(foreign_refusal(str(ref)))
    return found


def _uid_keep(ctx: StepContext, space: TenantNamespace, uid: str) -> None:
    """Keep which namespace it is, and claim it, so that the mirror knows whose it is."""
    if space.uid == uid:
        return
    with ctx.transaction():
        TenantNamespace.objects.filter(pk=space.pk).update(uid=uid, furnished="")
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


def _apply(writer: Writer, obj: Object) -> None:
    try:
        writer.apply(obj)
    except Conflict as conflict:
        if conflict.managers:
            raise Drifted(str(ObjectRef.of(obj)), conflict.managers) from conflict
        raise Unavailable(CHANGED_MEANWHILE) from None
