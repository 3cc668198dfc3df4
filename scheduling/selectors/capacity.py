"""What of a pool can be used."""

from __future__ import annotations

from collections import Counter

from inventory.models import Node, Pool
from scheduling.engine import Amounts


def pool_usable(*, pool: Pool) -> Amounts:
    """What the nodes of a pool that take pods can hand out, over all its clusters; one query."""
    usable: Counter[str] = Counter()
    for node in Node.objects.filter(pool=pool, gone_at=None).select_related("cluster"):
        if node.takes_pods:
            usable.update(node.allocatable)
    return usable
