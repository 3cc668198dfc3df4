"""What clusters and pools are called, for what knows their numbers alone."""

from __future__ import annotations

from collections.abc import Iterable

from inventory.models import Cluster, Pool


def cluster_names(ids: Iterable[int]) -> dict[int, str]:
    """Names of clusters that are not removed, by number."""
    return dict(Cluster.objects.present().filter(pk__in=list(ids)).values_list("pk", "name"))


def pool_names(ids: Iterable[int]) -> dict[int, str]:
    """Names of pools, by number."""
    return dict(Pool.objects.filter(pk__in=list(ids)).values_list("pk", "name"))
