"""Differences between the cluster and what Berth wrote: recorded, shown, settled by a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from inventory.k8s.paths import ObjectRef
from inventory.labels import FIELD_MANAGER
from inventory.models import WorkloadFact
from portal import audit, live
from portal.errors import BerthError, Conflict, Invalid
from portal.jobs.requests import job_request
from portal.jobs.wake import jobs_wake
from portal.viewer import Viewer, authorize
from scheduling.choices import HOLDING_STATES, DriftKind
from scheduling.models import Allocation, Drift, TenantNamespace

SYSTEM = Viewer.system("watcher")
RESTORE, SPACE_RESTORE = "allocation.restore", "namespace.restore"
IN_SPACE = ("Namespace", "LimitRange", "NetworkPolicy", "RoleBinding")
PUT_BACK, ACCEPT = "restore", "accept"
OF_OBJECTS = (DriftKind.MISSING, DriftKind.CHANGED, DriftKind.FOREIGN)
CONTROLLERS = {FIELD_MANAGER, "kube-controller-manager", "kube-scheduler"}
CHOICES = {
    DriftKind.MISSING: (PUT_BACK,),
    DriftKind.CHANGED: (PUT_BACK, ACCEPT),
    DriftKind.FOREIGN: (ACCEPT,),
    DriftKind.LABEL: (PUT_BACK, ACCEPT),
    DriftKind.POOL: (ACCEPT,),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `found` identifies what stands in the cluster: a digest, or a UID.

    It is what a person accepts: the same is not shown again, anything else is.
    """

    kind: DriftKind
    found: str = ""
    manager: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """An object in a cluster, by its kind and by the words that tell it from others."""

    cluster_id: int
    kind: str
    ref: str

    @classmethod
    def of(cls, cluster_id: int, ref: ObjectRef) -> Spot:
        """Where a Kubernetes object stands."""
        return cls(cluster_id, ref.kind, str(ref))

    def rows(self) -> QuerySet[Drift]:
        """All differences of this object, settled ones too."""
        return Drift.objects.filter(
            cluster_id=self.cluster_id, object_kind=self.kind, object_ref=self.ref
        )


class Drifted(BerthError):
    """Another manager has taken fields that Berth needs; a person has to choose."""

    status = 409
    code = "drift"
    needs_person = True

    def __init__(self, object_ref: str, managers: list[str]) -> None:
        super().__init__(
            _("%(managers)s changed %(object)s. Choose on the drift page what holds.")
            % {"managers": ", ".join(managers), "object": object_ref},
            managers=managers,
            object_ref=object_ref,
        )


def manager_of(managers: Sequence[dict[str, Any]]) -> str:
    """The last manager that is neither Berth nor a controller and wrote more than status."""
    others = [
        entry
        for entry in managers
        if entry.get("manager") not in CONTROLLERS and not entry.get("subresource")
    ]
    latest = max(others, key=lambda entry: str(entry.get("time", "")), default=None)
    return str(latest["manager"]) if latest else ""


@transaction.atomic
def drift_note(
    finding: Finding | None,
    spot: Spot,
    *,
    kinds: Iterable[DriftKind],
    tenant_key: str,
    allocation: Allocation | None = None,
) -> None:
    """Write down what a look at an object came to, who looked for `kinds` of difference there.

    Those that it did not find are gone; what a person has accepted is not noted again.
    """
    gone = [kind for kind in kinds if finding is None or kind != finding.kind]
    drift_resolve(spot, kinds=gone, choice="gone")
    if finding is not None and not drift_accepted(finding, spot):
        drift_record(finding, spot, tenant_key=tenant_key, allocation=allocation)


def drift_accepted(finding: Finding, spot: Spot) -> bool:
    """Tell whether the last that a person said of an object was to leave this as it is."""
    last = spot.rows().filter(kind=finding.kind).order_by("-pk").first()
    return last is not None and last.choice == ACCEPT and last.detail == {"found": finding.found}


@transaction.atomic
def drift_record(
    finding: Finding, spot: Spot, *, tenant_key: str, allocation: Allocation | None = None
) -> bool:
    """Note a difference once; True when it is a new one. Runs in Berth's own scope.

    An open one follows what stands there now: that is what a person accepts.
    """
    detail = {"found": finding.found}
    row, created = Drift.objects.get_or_create(
        cluster_id=spot.cluster_id,
        kind=finding.kind,
        object_kind=spot.kind,
        object_ref=spot.ref,
        resolved_at=None,
        defaults={
            "tenant_key": tenant_key,
            "allocation": allocation,
            "manager": finding.manager,
            "detail": detail,
        },
    )
    if created:
        audit.record(
            viewer=SYSTEM,
            verb=f"drift.{finding.kind}",
            target_type=spot.kind,
            target_id=spot.ref,
            tenant_key=tenant_key,
            after={"manager": finding.manager},
        )
    elif row.detail != detail:
        Drift.objects.filter(pk=row.pk).update(detail=detail, manager=finding.manager)
    if created or row.detail != detail:
        _publish(tenant_key, allocation)
    return created


@transaction.atomic
def drift_resolve(spot: Spot, *, kinds: Iterable[DriftKind], choice: str) -> int:
    """Close open differences of an object, because they are gone or a person chose."""
    rows = spot.rows().filter(kind__in=list(kinds), resolved_at=None)
    found = list(rows.select_related("allocation"))
    rows.update(resolved_at=Now(), choice=choice)
    for row in found:
        _publish(row.tenant_key, row.allocation)
    return len(found)


@transaction.atomic
def drift_choose(*, drift: Drift, choice: str, why: str, viewer: Viewer) -> Drift:
    """Settle a difference: accept the cluster's state, or have Berth's restored by a job.

    Raises Conflict when it is settled already, Invalid for a choice that does not fit, Denied.
    """
    authorize(viewer=viewer, verb="drift.edit")
    if choice not in CHOICES.get(DriftKind(drift.kind), ()):
        raise Invalid(fields={"choice": [_("This difference does not offer that choice.")]})
    if choice == PUT_BACK:
        _restore_request(drift, viewer)
    elif drift.allocation is not None and drift.kind == DriftKind.CHANGED:
        fact = WorkloadFact.objects.filter(
            cluster_id=drift.cluster_id, uid=drift.allocation.object_uid
        ).first()
        if fact is not None:
            Allocation.objects.filter(pk=drift.allocation.pk).update(spec_hash=fact.spec_hash)
    else:
        _waiting_nudge(drift)
    changed = Drift.objects.filter(pk=drift.pk, resolved_at=None).update(
        resolved_at=Now(), choice=choice
    )
    if not changed:
        raise Conflict(_("Somebody has settled this difference already."))
    audit.record(
        viewer=viewer,
        verb="drift.choose",
        target_type=drift.object_kind,
        target_id=drift.object_ref,
        tenant_key=drift.tenant_key,
        after={"choice": choice},
        reason=why,
    )
    _publish(drift.tenant_key, drift.allocation)
    drift.refresh_from_db()
    return drift


def _restore_request(drift: Drift, viewer: Viewer) -> None:
    allocation = drift.allocation
    if allocation is None:
        if drift.object_kind in IN_SPACE:
            _space_restore_request(drift, viewer)
            return
        allocation = _beside(drift).latest("pk")
    job_request(
        kind=RESTORE,
        key=allocation.job_key,
        viewer=viewer,
        args={"allocation": allocation.pk, "object_kind": drift.object_kind},
        tenant_key=allocation.tenant_key,
    )
    jobs_wake(keys=[allocation.job_key], parked=True)


def _space_restore_request(drift: Drift, viewer: Viewer) -> None:
    space_name, name = _place_of(drift)
    space = TenantNamespace.objects.get(cluster_id=drift.cluster_id, name=space_name)
    job_request(
        kind=SPACE_RESTORE,
        key=f"namespace:{space.pk}:{drift.object_kind}/{name}",
        viewer=viewer,
        args={"space": space.pk, "kind": drift.object_kind, "name": name},
        tenant_key=space.tenant_key,
    )


def _place_of(drift: Drift) -> tuple[str, str]:
    """Names of the namespace in which the object stands, or that it is, and of the object."""
    place = drift.object_ref.removeprefix(f"{drift.object_kind} ")
    space_name, _slash, name = place.partition("/")
    return space_name, name or space_name


def _beside(drift: Drift) -> QuerySet[Allocation]:
    """Allocations of the namespace to which a difference belongs."""
    rows: QuerySet[Allocation] = Allocation.objects.filter(
        cluster_id=drift.cluster_id, namespace__name=_place_of(drift)[0]
    )
    return rows


def _waiting_nudge(drift: Drift) -> None:
    """Let jobs go on that stopped because of what is left as it is now."""
    space = TenantNamespace.objects.filter(
        cluster_id=drift.cluster_id, name=_place_of(drift)[0]
    ).first()
    if space is not None:
        space_wake(space)


def space_wake(space: TenantNamespace) -> None:
    """Let jobs go on that stopped because of something that stands in a namespace."""
    held = Allocation.objects.filter(namespace=space, state__in=HOLDING_STATES)
    jobs_wake(keys=[each.job_key for each in held], parked=True)


def _publish(tenant_key: str, allocation: Allocation | None) -> None:
    live.publish("drift", "changed")
    if allocation is not None:
        live.publish(f"allocation:{allocation.pk}", "drift", allocation=allocation.pk)
        live.publish(f"tenant:{tenant_key}", "drift", allocation=allocation.pk)
