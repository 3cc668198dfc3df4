"""Tables of the inventory: clusters, what exists in them, and how Berth divides it."""

from inventory.models.cluster import Cluster
from inventory.models.device import DeviceMapping, DeviceType
from inventory.models.namespace import Namespace, NamespaceClaim
from inventory.models.node import Node
from inventory.models.pod import Pod
from inventory.models.pool import Pool
from inventory.models.quota import ResourceQuotaFact
from inventory.models.watch import WatchState
from inventory.models.workload import WorkloadFact

__all__ = [
    "Cluster",
    "DeviceMapping",
    "DeviceType",
    "Namespace",
    "NamespaceClaim",
    "Node",
    "Pod",
    "Pool",
    "ResourceQuotaFact",
    "WatchState",
    "WorkloadFact",
]
