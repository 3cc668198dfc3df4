"""What the list of nodes and the page of one node show beside the node itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import CharField, Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from inventory.choices import ClusterState
from inventory.divide import DeviceRule, amounts_resolve
from inventory.models import Node, Pod
from inventory.models.pod import DONE_PHASES
from inventory.rows import device_rules
from inventory.selectors.nodes import node_list
from portal.viewer import Viewer

ORDER = {"cpu": 0, "memory": 1, "pods": 9}


@dataclass(frozen=True, slots=True)
class ResourceLine:
    """One resource of a node; `requested` is what its pods ask for, by the scheduler's count."""

    name: str
    installed: int
    usable: int
    requested: int

    @property
    def free(self) -> int:
        """Usable and not asked for; negative where more is asked for than there is."""
        return self.usable - self.requested


def nodes_shown(*, viewer: Viewer) -> QuerySet[Node]:
    """Nodes for the list, each with `pod_count`; raises Denied for who may not look."""
    pods = (
        Pod.objects.filter(cluster_id=OuterRef("cluster_id"), node_name=OuterRef("name"))
        .exclude(phase__in=DONE_PHASES)
        .order_by()
        .annotate(one=Value("", CharField()))
        .values("one")
        .annotate(number=Count("pk"))
        .values("number")
    )
    rows = node_list(viewer=viewer).exclude(cluster__state=ClusterState.REMOVED)
    return rows.annotate(pod_count=Coalesce(Subquery(pods), 0)).order_by(
        F("cluster__name"), F("name")
    )


def pods_asked(node: Node, pods: Iterable[Pod]) -> list[dict[str, int]]:
    """What each pod asks of the node, devices by their type: cpu, memory, devices, the rest."""
    rules: list[DeviceRule] = device_rules()
    asked = (amounts_resolve(rules, node.cluster_id, pod.requests, node.labels) for pod in pods)
    return [{name: each[name] for name in sorted(each, key=_place)} for each in asked]


def node_resources(node: Node, asked: Iterable[Mapping[str, int]]) -> list[ResourceLine]:
    """Installed, usable and requested by resource: cpu, memory, devices, then the rest."""
    requested: Counter[str] = Counter()
    count = 0
    for amounts in asked:
        requested.update(amounts)
        count += 1
    requested["pods"] = count
    names = sorted(node.capacity.keys() | node.allocatable.keys(), key=_place)
    return [
        ResourceLine(
            name, node.capacity.get(name, 0), node.allocatable.get(name, 0), requested[name]
        )
        for name in names
    ]


def _place(name: str) -> tuple[int, str]:
    ordinary = name in {"ephemeral-storage"} or name.startswith("hugepages-")
    return ORDER.get(name, 10 if ordinary else 2), name
