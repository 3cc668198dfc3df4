"""Differences between the cluster and what Berth wrote: recorded, shown, settled by a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from inventory.models import WorkloadFact
from portal import audit, live
from portal.errors import BerthError, Conflict, Invalid
from portal.jobs.requests import job_request, jobs_nudge
from portal.viewer import Viewer, authorize
from scheduling.choices import DriftKind
from scheduling.models import Allocation, Drift

SYSTEM = Viewer.system("watcher")
RESTORE = "allocation.restore"
CHOICES = {
    DriftKind.MISSING: ("restore",),
    DriftKind.CHANGED: ("restore", "accept"),
    DriftKind.FOREIGN: ("accept",),
    DriftKind.LABEL: ("accept",),
    DriftKind.POOL: ("accept",),
}


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
def drift_record(
    *,
    cluster_id: int,
    kind: DriftKind,
    object_kind: str,
    object_ref: str,
    tenant_key: str,
    allocation: Allocation | None = None,
    manager: str = "",
    detail: dict[str, Any] | None = None,
) -> bool:
    """Note a difference once; True when it is a new one. Runs in Berth's own scope."""
    _row, created = Drift.objects.get_or_create(
        cluster_id=cluster_id,
        kind=kind,
        object_kind=object_kind,
        object_ref=object_ref,
        resolved_at=None,
        defaults={
            "tenant_key": tenant_key,
            "allocation": allocation,
            "manager": manager,
            "detail": detail or {},
        },
    )
    if created:
        audit.record(
            viewer=SYSTEM,
            verb=f"drift.{kind}",
            target_type=object_kind,
            target_id=object_ref,
            tenant_key=tenant_key,
            after={"manager": manager},
        )
        _publish(tenant_key, allocation)
    return created


@transaction.atomic
def drift_resolve(
    *, cluster_id: int, object_kind: str, object_ref: str, kinds: Sequence[DriftKind], choice: str
) -> int:
    """Close open differences of an object, because they are gone or a person chose."""
    rows = Drift.objects.filter(
        cluster_id=cluster_id,
        object_kind=object_kind,
        object_ref=object_ref,
        kind__in=kinds,
        resolved_at=None,
    ).select_related("allocation")
    found = list(rows)
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
    if choice == "restore":
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
