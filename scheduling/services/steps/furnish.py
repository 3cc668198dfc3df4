"""Looking at what stands in tenants' namespaces, and putting one object back by choice."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop

from inventory import labels
from inventory.k8s.paths import ObjectRef
from inventory.k8s.writer import Writer
from inventory.models import Namespace
from portal.errors import Refused
from portal.installation import installation_id
from portal.jobs.context import StepContext
from portal.jobs.outcome import Done, Outcome
from portal.scope import scope
from scheduling.choices import DriftKind
from scheduling.models import TenantNamespace
from scheduling.services.clusters import SYSTEM, writer_of
from scheduling.services.drift import OF_OBJECTS, Finding, Spot, drift_note, space_wake
from scheduling.services.furniture import (
    KINDS,
    finding_of,
    furniture_wanted,
    furniture_write,
)
from scheduling.services.namespaces import foreign_refusal, namespace_wanted, object_put
from scheduling.services.steps.widen import space_again

Object = dict[str, Any]
PUT_BACK = gettext_noop("Put %(object)s back as Berth wrote it, as %(who)s chose.")


def look(ctx: StepContext) -> Outcome:
    """Compare the furniture of all namespaces of a cluster with what it should be.

    What differs and was written by nobody but an earlier Berth is written anew; all else is noted.
    """
    cluster_id = int(ctx.args["cluster"])
    writer = writer_of(cluster_id)
    found = _found(ctx, writer)
    spaces = _spaces(cluster_id)
    for space in spaces:
        seen = [(obj, _compare(ctx, writer, space, obj, found)) for obj in furniture_wanted(space)]
        with ctx.transaction():
            for obj, finding in seen:
                spot = Spot.of(space.cluster_id, ObjectRef.of(obj))
                drift_note(finding, spot, kinds=OF_OBJECTS, tenant_key=space.tenant_key)
    return Done({"namespaces": len(spaces)})


def _found(ctx: StepContext, writer: Writer) -> dict[ObjectRef, Object]:
    with scope(SYSTEM):
        installation = installation_id()
    found = {}
    for kind in KINDS:
        ctx.check()
        for obj in writer.labelled(kind, selector=f"{labels.INSTALLATION}={installation}"):
            meta = obj["metadata"]
            found[ObjectRef(kind, meta["name"], meta["namespace"])] = obj
    return found


def _spaces(cluster_id: int) -> list[TenantNamespace]:
    """Namespaces that were furnished and are there."""
    with scope(SYSTEM):
        there = Namespace.objects.filter(cluster_id=cluster_id, deleting_at=None).values("uid")
        rows = TenantNamespace.objects.filter(cluster_id=cluster_id, uid__in=there)
        return list(rows.exclude(furnished="").select_related("cluster", "pool"))


def _compare(
    ctx: StepContext,
    writer: Writer,
    space: TenantNamespace,
    wanted: Object,
    found: dict[ObjectRef, Object],
) -> Finding | None:
    ref = ObjectRef.of(wanted)
    stands = found.get(ref)
    finding = finding_of(stands, wanted)
    if finding is None:
        return None
    ctx.check()
    stands = writer.get(ref)  # as it is now: a job may have written it, or its labels are gone
    finding = finding_of(stands, wanted)
    if finding is not None and finding.kind == DriftKind.CHANGED and not finding.manager:
        furniture_write(ctx, space, stands, wanted)
        return None
    return finding


def put_back(ctx: StepContext) -> Outcome:
    """Make one object of a namespace again, or write over what others wrote into it."""
    with scope(SYSTEM):
        spaces = TenantNamespace.objects.select_related("cluster", "pool")
        space = spaces.get(pk=ctx.args["space"])
    pending = space_again(ctx, space)
    if pending is not None:
        return pending
    wanted = _wanted(space, kind=ctx.args["kind"], name=ctx.args["name"])
    if wanted is None:  # it has no place there any more
        return Done()
    ref = ObjectRef.of(wanted)
    ctx.check()
    found = writer_of(space.cluster_id).get(ref)
    if found is None and wanted["kind"] != "Namespace":
        furniture_write(ctx, space, None, wanted)
    else:
        _put_over(ctx, space, found, wanted)
    with ctx.transaction():
        space_wake(space)
        ctx.log("ok", PUT_BACK, object=str(ref), who=ctx.job.requested_by_label)
    return Done({"object": str(ref)})


def _wanted(space: TenantNamespace, *, kind: str, name: str) -> Object | None:
    known = [namespace_wanted(space), *furniture_wanted(space)]
    named = (obj for obj in known if (obj["kind"], obj["metadata"]["name"]) == (kind, name))
    return next(named, None)


def _put_over(
    ctx: StepContext, space: TenantNamespace, found: Object | None, wanted: Object
) -> None:
    ref = ObjectRef.of(wanted)
    if found is None or not _is_mine(space, found, wanted):
        raise Refused(foreign_refusal(str(ref)))
    object_put(ctx, space, found, wanted)


def _is_mine(space: TenantNamespace, found: Object, wanted: Object) -> bool:
    """The very namespace by UID; of what stands in it, whatever Berth once wrote."""
    if wanted["kind"] == "Namespace":
        return bool(found["metadata"]["uid"] == space.uid)
    finding = finding_of(found, wanted)
    return finding is None or finding.kind != DriftKind.FOREIGN
