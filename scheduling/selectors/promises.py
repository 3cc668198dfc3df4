"""What the roots of the tree are guaranteed and hold, pool by pool."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import F, Sum

from scheduling.models import Quota


def promised_by_pool() -> dict[int, dict[str, tuple[int, int]]]:
    """(guaranteed, allocated) by pool id and resource; one query. Needs a scope that sees all."""
    found: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    rows = (
        Quota.objects.filter(node__parent=None)
        .order_by()
        .values_list("pool_id", "resource")
        .annotate(given=Sum("guaranteed"), held=Sum(F("reserved") + F("bound") + F("releasing")))
    )
    for pool_id, resource, given, held in rows:
        found[pool_id][resource] = (given, held)
    return dict(found)
