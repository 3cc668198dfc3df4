"""What the roots of the tree are guaranteed and hold, pool by pool."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import JSONObject

from inventory.models import Pool
from scheduling.models import Quota, QuotaNode

Promises = dict[str, tuple[int, int]]


def pools_promised() -> list[tuple[Pool, Promises]]:
    """Pools in order, each with (guaranteed, allocated) by resource.

    One query; needs a scope that sees all.
    """
    sums: Any = (
        Quota.objects.filter(pool=OuterRef("pk"), node__parent=None)
        .order_by()
        .values("resource")
        .annotate(given=Sum("guaranteed"), held=Sum(F("reserved") + F("bound") + F("releasing")))
        .values(json=JSONObject(resource="resource", given="given", held="held"))
    )
    rows: Any = Pool.objects.annotate(promises=ArraySubquery(sums))
    return [
        (pool, {row["resource"]: (int(row["given"]), int(row["held"])) for row in pool.promises})
        for pool in rows
    ]


def branch_promised(*, tenant_key: str) -> bool:
    """Tell whether a tenant or one below it is guaranteed anything: such a branch can't move."""
    return _branch(tenant_key).exists()


def branch_promises(*, tenant_key: str) -> list[tuple[Pool, str, dict[str, int]]]:
    """What the branch is guaranteed, by pool and tenant; one query."""
    rows = _branch(tenant_key).select_related("pool")
    placed = groupby(
        rows.order_by("pool__ordering", "pool_id", "node__path", "resource"),
        lambda row: (row.pool, row.tenant_key),
    )
    return [
        (pool, key, {row.resource: row.guaranteed for row in each}) for (pool, key), each in placed
    ]


def _branch(tenant_key: str) -> QuerySet[Quota]:
    above = QuotaNode.objects.filter(tenant_key=tenant_key).values("path")[:1]
    return Quota.objects.filter(node__path__startswith=Subquery(above), guaranteed__gt=0)
