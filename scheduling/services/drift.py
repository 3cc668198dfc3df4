"""Differences between the cluster and what Berth wrote: recorded, shown, settled by a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from inventory.k8s.paths import ObjectRef
from inventory.models import WorkloadFact
from portal import audit, live
from portal.errors import BerthError, Conflict, Invalid
from portal.jobs.requests import job_request, jobs_nudge
from portal.viewer import Viewer, authorize
from scheduling.choices import DriftKind
from scheduling.models import Allocation, Drift

SYSTEM = Viewer.system("watcher")
RESTORE = "allocation.restore"
PUT_BACK, ACCEPT = "restore", "accept"
CHOICES = {
    DriftKind.MISSING: (PUT_BACK,),
    DriftKind.CHANGED: (PUT_BACK, ACCEPT),
    DriftKind.FOREIGN: (ACCEPT,),
    DriftKind.LABEL: (ACCEPT,),
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
        space = drift.object_ref.removeprefix(f"{drift.object_kind} ").split("/")[0]
        allocation = Allocation.objects.filter(
            cluster_id=drift.cluster_id, namespace__name=space
        ).latest("pk")
    job_request(
        kind=RESTORE,
        key=allocation.job_key,
        viewer=viewer,
        args={"allocation": allocation.pk, "object_kind": drift.object_kind},
        tenant_key=allocation.tenant_key,
    )
    jobs_nudge(keys=[allocation.job_key], parked=True)


def _publish(tenant_key: str, allocation: Allocation | None) -> None:
    live.publish("drift", "changed")
    if allocation is not None:
        live.publish(f"allocation:{allocation.pk}", "drift", allocation=allocation.pk)
        live.publish(f"tenant:{tenant_key}", "drift", allocation=allocation.pk)
