"""What stands in a tenant's namespace beside its quota: limits, network policy, role bindings.

The mirror does not hold these objects. They are read before each apply, and by a job twice a
minute, and what others made of them is drift like any other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from inventory.choices import ClusterState
from inventory.k8s.paths import ObjectRef
from inventory.k8s.project import spec_digest
from inventory.labels import FIELD_MANAGER, own_labels
from portal.jobs.again import may_ask
from portal.jobs.context import StepContext
from portal.jobs.requests import job_request
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.choices import DriftKind
from scheduling.manifests import namespace as manifests
from scheduling.models import TenantNamespace
from scheduling.services.clusters import SYSTEM, owner_of, writer_of
from scheduling.services.drift import Finding, Spot, drift_accepted, manager_of
from scheduling.services.namespaces import object_write, stopped

Object = dict[str, Any]
LOOK = "namespace.look"
KINDS = ("LimitRange", "NetworkPolicy", "RoleBinding")
FIRST_AGAIN, LAST_AGAIN = timedelta(minutes=1), timedelta(hours=1)
PATROL = Viewer.system("patrol")


def furniture_wanted(space: TenantNamespace) -> list[Object]:
    """The objects as they should be now."""
    return manifests.furniture(
        namespace=space.name,
        owner=owner_of(tenant_key=space.tenant_key),
        kind=space.kind,
        subjects=space.cluster.subject_template,
    )


def furniture_ensure(ctx: StepContext, space: TenantNamespace) -> None:
    """Have everything there as it should be, but for what a person has accepted otherwise.

    Raises Drifted, with the difference noted, where somebody else holds what has to be written.
    """
    wanted = furniture_wanted(space)
    writer = writer_of(space.cluster_id)
    for obj in wanted:
        ctx.check()
        furniture_write(ctx, space, writer.get(ObjectRef.of(obj)), obj)
    digest = spec_digest({"furniture": wanted})
    if space.furnished != digest:
        with ctx.transaction():
            TenantNamespace.objects.filter(pk=space.pk).update(furnished=digest)
        space.furnished = digest


def furniture_write(
    ctx: StepContext, space: TenantNamespace, found: Object | None, wanted: Object
) -> None:
    """Write one object where it is not as it should be. Raises Drifted, as above, or Overtaken."""
    finding, ref = finding_of(found, wanted), ObjectRef.of(wanted)
    if finding is None or _accepted(finding, space, ref):
        return
    if finding.kind == DriftKind.FOREIGN:
        raise stopped(ctx, space, ref, finding, [finding.manager])
    object_write(ctx, space, found, wanted, finding=finding)


def finding_of(found: Object | None, wanted: Object) -> Finding | None:
    """How what stands there differs from what Berth would write; None where it does not.

    A role binding for another role can't be changed, only replaced; like any object that Berth
    never wrote, it is somebody else's.
    """
    if found is None:
        return Finding(DriftKind.MISSING)
    managers = found["metadata"].get("managedFields") or []
    manager = manager_of(managers)
    ours = FIELD_MANAGER in {entry.get("manager") for entry in managers}
    if not ours or found.get("roleRef") != wanted.get("roleRef"):
        return Finding(DriftKind.FOREIGN, str(found["metadata"]["uid"]), manager)
    if _said(found) != _said(wanted):
        return Finding(DriftKind.CHANGED, spec_digest(_said(found)), manager)
    return None


def _said(obj: Object) -> Object:
    """What an object says, without what the server keeps of it and labels that are not ours."""
    body = {k: v for k, v in obj.items() if k not in ("apiVersion", "kind", "metadata", "status")}
    return body | {"labels": own_labels(obj["metadata"].get("labels") or {})}


def _accepted(finding: Finding, space: TenantNamespace, ref: ObjectRef) -> bool:
    with scope(SYSTEM):
        return drift_accepted(finding, Spot.of(space.cluster_id, ref))


def furniture_watch(now: datetime) -> None:
    """Ask for a look at each cluster where tenants have namespaces; called by the clock."""
    with scope(PATROL):
        spaces = TenantNamespace.objects.exclude(furnished="").filter(
            cluster__state=ClusterState.CONNECTED
        )
        for cluster_id in sorted(set(spaces.values_list("cluster_id", flat=True))):
            key = f"namespaces:{cluster_id}"
            if may_ask(kind=LOOK, key=key, now=now, first=FIRST_AGAIN, most=LAST_AGAIN):
                job_request(kind=LOOK, key=key, viewer=PATROL, args={"cluster": cluster_id})
