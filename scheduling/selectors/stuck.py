"""Allocations with pods that Kubernetes has not been able to place, from the mirror."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast

from inventory.models import Pod
from scheduling.choices import AllocationKind
from scheduling.models import Allocation

UNSCHEDULABLE_SECONDS = 60


def allocations_stuck(*, now: datetime) -> QuerySet[Allocation]:
    """Workloads of which a pod has waited for a node for a minute.

    A pod's label counts only in the namespace where nobody but Berth can have written it.
    """
    pods = Pod.objects.filter(
        cluster=OuterRef("cluster"),
        namespace=OuterRef("namespace__name"),
        holder=Cast(OuterRef("pk"), CharField()),
        node_name="",
        reason="Unschedulable",
        deleting_at=None,
        created_at__lte=now - timedelta(seconds=UNSCHEDULABLE_SECONDS),
    )
    found: QuerySet[Allocation] = Allocation.objects.filter(
        Exists(pods), kind=AllocationKind.WORKLOAD
    )
    return found
