"""Which pools and resources can have limits for automatic approval, and which limits hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from inventory.models import DeviceType, Pool


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


def limits_resources(limits: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Device types, processor and memory, then what only the limits still name."""
    known = [*DeviceType.objects.values_list("name", flat=True), "cpu", "memory"]
    named = {resource for amounts in limits.values() for resource in amounts}
    return known + sorted(named - set(known))
