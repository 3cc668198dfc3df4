"""What the list of clusters shows: state, freshness, nodes, devices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from inventory.choices import ClusterState
from inventory.divide import STANDARD_KEYS, is_extended
from inventory.models import Cluster
from inventory.selectors.nodes import Amounts, Capacity, cluster_capacities

CONTACT_EVERY_SECONDS = 60  # bookmarks come about once a minute
SILENT_AFTER = timedelta(seconds=3 * CONTACT_EVERY_SECONDS)


@dataclass(frozen=True, slots=True)
class DeviceAmount:
    """A device type's amounts on some nodes; `known` is False for a key without a mapping."""

    name: str
    usable: int
    installed: int
    known: bool = True

    @property
    def missing(self) -> int:
        """Installed and not usable."""
        return max(0, self.installed - self.usable)


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """One line of the list of clusters."""

    cluster: Cluster
    capacity: Capacity
    silent: bool
    devices: list[DeviceAmount] = field(default_factory=list)

    @property
    def name(self) -> str:
        """For sorting."""
        return self.cluster.name

    @property
    def state(self) -> str:
        """For sorting."""
        return self.cluster.state

    @property
    def version(self) -> str:
        """The API server's version."""
        return self.cluster.version

    @property
    def nodes_usable(self) -> int:
        """How many nodes take pods."""
        return self.capacity.usable_nodes

    @property
    def device_count(self) -> int:
        """All usable devices of known types, for sorting."""
        return sum(device.usable for device in self.devices if device.known)

    @property
    def last_contact_at(self) -> datetime | None:
        """The last sign of life."""
        return self.cluster.last_contact_at


def is_silent(cluster: Cluster, *, now: datetime) -> bool:
    """Tell whether what is shown of a cluster is older than three times its interval."""
    if cluster.state in {ClusterState.PENDING, ClusterState.REMOVING}:
        return False
    return cluster.last_contact_at is None or now - cluster.last_contact_at > SILENT_AFTER


def is_stale(cluster: Cluster, *, now: datetime) -> bool:
    """Tell whether what is shown of its nodes is only what was heard last."""
    return cluster.away or is_silent(cluster, now=now)


def device_amounts(capacity: Capacity) -> list[DeviceAmount]:
    """Devices of some nodes by type, known types first; cpu, memory and the like left out."""
    names = [
        key for key in capacity.installed.keys() | capacity.usable.keys() if is_device_name(key)
    ]
    found = [
        DeviceAmount(
            name,
            capacity.usable.get(name, 0),
            capacity.installed.get(name, 0),
            known=not is_extended(name),
        )
        for name in sorted(names)
    ]
    return sorted(found, key=lambda device: (not device.known, device.name))


def is_device_name(name: str) -> bool:
    """Tell whether the name of an amount is that of a device type or of an unmapped device key."""
    ordinary = name in STANDARD_KEYS or name.startswith(("hugepages-", "attachable-volumes-"))
    return not ordinary


def cluster_rows(*, clusters: Iterable[Cluster], now: datetime) -> list[ClusterRow]:
    """Rows for the list: one query for all nodes."""
    capacities = cluster_capacities()
    return [
        ClusterRow(
            cluster=cluster,
            capacity=(capacity := capacities.get(cluster.pk, Capacity())),
            silent=is_silent(cluster, now=now),
            devices=device_amounts(capacity),
        )
        for cluster in clusters
    ]


def rows_total(rows: Iterable[ClusterRow]) -> Amounts:
    """Nodes of all rows, and those that take pods."""
    total = {"nodes": 0, "usable": 0}
    for row in rows:
        total["nodes"] += row.capacity.nodes
        total["usable"] += row.capacity.usable_nodes
    return total
