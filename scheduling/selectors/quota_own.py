"""A tenant's own quota over all pools, and where something above it is the narrower limit."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import cast

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum

from portal.errors import NotFound
from portal.viewer import Viewer, authorize
from scheduling.engine import QuotaLevel
from scheduling.models import Quota, QuotaChange

CHAINS = """
SELECT wanted.pool_id, level.tenant_key, level.resource, level.cap, level.allocated
FROM (SELECT id AS pool_id FROM inventory_pool) AS wanted,
    LATERAL berth_quota_chain(%s, wanted.pool_id) WITH ORDINALITY AS level
ORDER BY wanted.pool_id, level.ordinality
"""
Levels = dict[int, tuple[QuotaLevel, ...]]


@dataclass(frozen=True, slots=True)
class OwnQuota:
    """One number with what is left of it.

    `left` is the least of its own cap and those above it; `blocked_by` is the key of the level
    above that leaves less than the tenant's own cap does, "" where the viewer may not know which.
    """

    quota: Quota
    left: int
    blocked_by: str | None = None
    set_by: str = ""
    set_why: str = ""
    below: int = 0  # what of the allocated amount tenants below hold

    @property
    def blocked_reached(self) -> bool:
        """Tell whether the level above has nothing left at all."""
        return self.blocked_by is not None and self.left == 0


def quota_chains(*, tenant_key: str) -> Levels:
    """Caps and use from the root down to the tenant, by pool id; one query.

    Empty where the open scope does not see the tenant; callers mask what stands above it.
    """
    found: dict[int, dict[str, tuple[dict[str, int], dict[str, int]]]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(CHAINS, [tenant_key])
        for pool_id, key, resource, cap, allocated in cursor.fetchall():
            caps, held = found[pool_id].setdefault(key, ({}, {}))
            if resource is not None:
                caps[resource], held[resource] = cap, allocated
    return {
        pool_id: tuple(QuotaLevel(key, caps, held) for key, (caps, held) in levels.items())
        for pool_id, levels in found.items()
    }


def quota_rows(*, tenant_key: str, viewer: Viewer) -> QuerySet[Quota]:
    """Numbers of a tenant by pool. Raises NotFound or Denied."""
    authorize(viewer=viewer, verb="quota.view", tenant_key=tenant_key)
    rows = Quota.objects.visible_to(viewer).filter(tenant_key=tenant_key).select_related("pool")
    return cast("QuerySet[Quota]", rows.order_by("pool__ordering", "resource"))


def quota_own(*, tenant_key: str, viewer: Viewer, levels: Levels) -> list[OwnQuota]:
    """A tenant's numbers with who set them last, what is left and what is below; one query."""
    last = QuotaChange.objects.filter(quota=OuterRef("pk")).order_by("-id")
    below = Quota.objects.filter(
        node__parent=OuterRef("node"), pool=OuterRef("pool"), resource=OuterRef("resource")
    ).order_by()
    held = below.values("resource").annotate(held=Sum(F("reserved") + F("bound") + F("releasing")))
    rows = quota_rows(tenant_key=tenant_key, viewer=viewer).annotate(
        set_by=Subquery(last.values("who")[:1]),
        set_why=Subquery(last.values("why")[:1]),
        below=Subquery(held.values("held")),
    )
    return [_own(row, levels.get(row.pool_id, ()), viewer) for row in rows]


def quota_get(*, quota_id: int, viewer: Viewer) -> Quota:
    """One number; raises NotFound or Denied."""
    rows = Quota.objects.visible_to(viewer).select_related("pool")
    found = rows.filter(pk=quota_id).first()
    if found is None:
        raise NotFound
    authorize(viewer=viewer, verb="quota.view", tenant_key=found.tenant_key)
    return cast(Quota, found)


def quota_changes(*, tenant_key: str, viewer: Viewer) -> QuerySet[QuotaChange]:
    """Who set which of a tenant's numbers, newest first."""
    authorize(viewer=viewer, verb="quota.view", tenant_key=tenant_key)
    rows = QuotaChange.objects.filter(quota__tenant_key=tenant_key).select_related("quota__pool")
    return rows.order_by("-id")


def left_of(level: QuotaLevel, resource: str) -> int:
    """What one level still allows."""
    return max(0, level.cap.get(resource, 0) - level.allocated.get(resource, 0))


def _own(row: Quota, levels: tuple[QuotaLevel, ...], viewer: Viewer) -> OwnQuota:
    own_left = max(0, row.cap - row.allocated)
    above = [(left_of(level, row.resource), level.tenant_key) for level in levels[:-1]]
    least, key = min(above, default=(own_left, ""))
    narrower = least < own_left
    return OwnQuota(
        quota=row,
        left=min(own_left, least),
        blocked_by=(key if viewer.sees(key) else "") if narrower else None,
        set_by=getattr(row, "set_by", None) or "",
        set_why=getattr(row, "set_why", None) or "",
        below=int(getattr(row, "below", None) or 0),
    )
