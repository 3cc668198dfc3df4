"""Pods of Berth's that Kubernetes has not been able to place, from the mirror."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from inventory.models import Pod

UNSCHEDULABLE_SECONDS = 60


def pods_stuck(*, now: datetime) -> QuerySet[Pod]:
    """Pods of allocations that have waited for a node for a minute; `holder` says whose."""
    limit = now - timedelta(seconds=UNSCHEDULABLE_SECONDS)
    found: QuerySet[Pod] = Pod.objects.filter(
        node_name="", reason="Unschedulable", deleting_at=None, created_at__lte=limit
    ).exclude(holder="")
    return found
