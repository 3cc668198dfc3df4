"""Makers of many rows of quota: a tenant's own numbers, and what became of one of them."""

from __future__ import annotations

from django.db import connection

from inventory.models import Pool
from scheduling.models import Quota, QuotaChange, QuotaNode
from tests.people import People

RESOURCES = ("cpu", "memory", "h100-sxm-80gb", "a100-sxm-40gb")
NUMBER = 990_001  # its history has this address
MOVES = """
SELECT berth_quota_move('M-' || n, 'reserve', NULL, NULL,
    ARRAY[%s]::bigint[], ARRAY[1]::bigint[], ARRAY[0]::bigint[], ARRAY[0]::bigint[])
FROM generate_series(1, %s) AS n
"""


def own(count: int, _people: People) -> None:
    """Numbers of vision, four in each pool."""
    node = QuotaNode.objects.get(tenant_key="vision")
    pools = Pool.objects.bulk_create(
        Pool(name=f"pool-{n}", title=f"Pool {n}", ordering=n)
        for n in range(-(-count // len(RESOURCES)))
    )
    Quota.objects.bulk_create(
        Quota(node=node, tenant_key="vision", pool=pool, resource=name, guaranteed=8)
        for pool, name in [(pool, name) for pool in pools for name in RESOURCES][:count]
    )


def history(count: int, _people: People) -> None:
    """As many changes of one number, and as many moves of what is allocated of it."""
    quota = Quota.objects.create(
        pk=NUMBER,
        node=QuotaNode.objects.get(tenant_key="vision"),
        tenant_key="vision",
        pool=Pool.objects.create(name="lists", title="Lists", ordering=999),
        resource="cpu",
        guaranteed=count,
    )
    QuotaChange.objects.bulk_create(
        QuotaChange(quota=quota, field="guaranteed", old=n, new=n + 1, who="operator", why="Plan")
        for n in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute(MOVES, [quota.pk, count])
