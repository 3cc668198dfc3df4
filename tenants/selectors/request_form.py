"""What the forms of requests offer to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.choices import ClusterState
from inventory.models import Cluster, Pool
from portal.viewer import Viewer
from scheduling.models import Allocation
from scheduling.selectors.devices import PLAIN, pool_resources
from scheduling.selectors.fleet import resources_ordered
from tenants.choices_requests import RENEWABLE_STATES
from tenants.selectors.quota_room import quota_room

MOST_ALLOCATIONS = 200


@dataclass(frozen=True, slots=True)
class PoolOffer:
    """Pools in their order, and what can be asked for in the chosen one, devices first."""

    pools: tuple[Pool, ...]
    chosen: Pool | None
    resources: tuple[str, ...]

    @property
    def device_types(self) -> list[str]:
        """Device types of the chosen pool."""
        return [name for name in self.resources if name not in PLAIN]


def pool_offer(*, chosen: str) -> PoolOffer:
    """The pools, and the resources of the one named, else of the first."""
    pools = tuple(Pool.objects.all())
    pool = next((pool for pool in pools if pool.name == chosen), pools[0] if pools else None)
    resources = resources_ordered(pool_resources(pool=pool)) if pool else []
    return PoolOffer(pools, pool, tuple(resources))


def cluster_names() -> list[str]:
    """Clusters that can take something now."""
    connected = Cluster.objects.filter(state=ClusterState.CONNECTED)
    return list(connected.order_by("name").values_list("name", flat=True))


def guaranteed_now(*, tenant_key: str, offer: PoolOffer) -> Mapping[str, int]:
    """What the tenant is guaranteed of each resource of the chosen pool."""
    if offer.chosen is None:
        return {}
    rows = quota_room(tenant_key=tenant_key, pool=offer.chosen, resources=offer.resources)
    now = {row.resource: row.guaranteed for row in rows}
    return {resource: now.get(resource, 0) for resource in offer.resources}


def renewable_list(*, tenant_key: str, viewer: Viewer) -> list[Allocation]:
    """Allocations whose end can be moved, the one that ends first on top."""
    rows = Allocation.objects.visible_to(viewer).filter(
        tenant_key=tenant_key, state__in=RENEWABLE_STATES
    )
    return list(rows.order_by("until_at", "id")[:MOST_ALLOCATIONS])
