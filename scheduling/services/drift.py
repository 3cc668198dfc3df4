"""Differences between the cluster and what Berth wrote: recorded, shown, settled by a person."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from portal import audit, live
from portal.errors import BerthError
from portal.viewer import Viewer
from scheduling.choices import DriftKind
from scheduling.models import Allocation, Drift

SYSTEM = Viewer.system("watcher")


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
    *, cluster_id: int, object_kind: str, object_ref: str, kinds: list[DriftKind], choice: str
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


def _publish(tenant_key: str, allocation: Allocation | None) -> None:
    live.publish("drift", "changed")
    if allocation is not None:
        live.publish(f"allocation:{allocation.pk}", "drift", allocation=allocation.pk)
        live.publish(f"tenant:{tenant_key}", "drift", allocation=allocation.pk)
