"""Which pools and resources can have limits for automatic approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.models import DeviceType, Pool


@dataclass(frozen=True, slots=True)
class PoolName:
    """A pool by its two names."""

    name: str
    title: str


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
