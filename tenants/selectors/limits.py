"""Which pools and resources can have limits for automatic approval, and which limits hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from inventory.models import DeviceType, Node, Pool
from scheduling.selectors.fleet import resources_ordered


@dataclass(frozen=True, slots=True)
class PoolName:
    """A pool by its two names."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class LimitsHeld:
    """Amounts up to which no operator is needed in a pool, and the tenant that sets them."""

    pool: PoolName
    amounts: Mapping[str, int]
    tenant_key: str


def limits_held(*, tenant_key: str) -> list[LimitsHeld]:
    """What holds in each pool, from the nearest tenant upwards that names it.

    Empty where nobody does, or where the open scope doesn't see the tenant.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM berth_auto_limits(%s)", [tenant_key])
        found = {pool: (_amounts(limits), key) for pool, limits, key in cursor.fetchall()}
    pools = limits_pools(found) if found else []
    return [LimitsHeld(pool, *found[pool.name]) for pool in pools if pool.name in found]


def _amounts(limits: str | Mapping[str, int]) -> Mapping[str, int]:
    read: Mapping[str, int] = json.loads(limits) if isinstance(limits, str) else limits
    return read


def limits_pools(limits: Mapping[str, object]) -> list[PoolName]:
    """All pools in their order, then those that only the limits still name."""
    found = [PoolName(name, title) for name, title in Pool.objects.values_list("name", "title")]
    known = {pool.name for pool in found}
    return found + [PoolName(name, name) for name in sorted(set(limits) - known)]


def limits_resources(
    pools: Sequence[PoolName], limits: Mapping[str, Mapping[str, int]]
) -> dict[str, list[str]]:
    """By pool: device types that its nodes have or its limits name, then processor and memory."""
    found: dict[str, set[str]] = {pool.name: set(limits.get(pool.name, ())) for pool in pools}
    known = set(DeviceType.objects.values_list("name", flat=True))
    nodes = Node.objects.filter(gone_at=None, pool__name__in=found).order_by()
    for name, allocatable in nodes.values_list("pool__name", "allocatable").distinct():
        found[name] |= known & {resource for resource, amount in allocatable.items() if amount}
    return {name: resources_ordered(names | {"cpu", "memory"}) for name, names in found.items()}
