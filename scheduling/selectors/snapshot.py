"""The snapshot that a decision is made on, from facts and counters in PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from inventory.choices import ClusterState
from inventory.divide import DeviceRule
from inventory.models import Node, Pool
from inventory.rows import device_rules
from scheduling.engine import ClusterView, NodeView, QuotaLevel, Snapshot
from scheduling.models import NodeCommitment
from scheduling.selectors.devices import key_meanings

BLOCKING_STATES: dict[str, str] = {
    ClusterState.PENDING: "not-connected",
    ClusterState.UNREACHABLE: "unreachable",
    ClusterState.CREDENTIAL_EXPIRED: "credential-expired",
    ClusterState.PAUSED: "paused",
    ClusterState.REMOVING: "removing",
    ClusterState.REMOVED: "removing",
}
NO_SCHEDULE = ("NoSchedule", "NoExecute")


def snapshot_build(*, pool: Pool, tenant_key: str, for_open: bool = False) -> Snapshot:
    """Nodes of the pool, its clusters, and the tenant's quota chain root first.

    Four queries; one more `for_open` capacity, which has to know what resource keys mean.
    """
    nodes = list(
        Node.objects.filter(pool=pool, gone_at=None).select_related("cluster").order_by("name")
    )
    rows: dict[tuple[int, str], dict[str, NodeCommitment]] = defaultdict(dict)
    for row in NodeCommitment.objects.filter(node_uid__in=[node.uid for node in nodes]):
        rows[row.cluster_id, row.node_uid][row.resource] = row
    return Snapshot(
        nodes=tuple(node_view(node, pool, rows[node.cluster_id, node.uid]) for node in nodes),
        clusters=cluster_views(nodes, rules=device_rules() if for_open else ()),
        levels=quota_levels(pool=pool, tenant_key=tenant_key),
    )


def cluster_views(
    nodes: Sequence[Node], *, rules: Sequence[DeviceRule] = ()
) -> tuple[ClusterView, ...]:
    """The clusters of a pool's nodes; `rules` tell which device types share a resource key."""
    by_cluster: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        by_cluster[node.cluster_id].append(node)
    return tuple(
        ClusterView(
            name=there[0].cluster.name,
            blocker=_blocking(there[0].cluster.state),
            fenced=bool(there[0].cluster.abilities.get("fenced")),
            mixed=frozenset(
                name
                for names in (key_meanings(there, rules).values() if rules else ())
                if len(names) > 1
                for name in names
            ),
        )
        for there in by_cluster.values()
    )


def _blocking(state: str) -> str:
    """Only a connected cluster takes something, whatever states there may be."""
    return "" if state == ClusterState.CONNECTED else BLOCKING_STATES.get(state, "unknown-cluster")


def quota_levels(*, pool: Pool, tenant_key: str) -> tuple[QuotaLevel, ...]:
    """Caps and use from the root down to the tenant, parents that it can't see included.

    Empty where the open scope does not see the tenant itself; callers mask parents' numbers.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM berth_quota_chain(%s, %s)", [tenant_key, pool.pk])
        rows = cursor.fetchall()
    levels: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    for key, resource, cap, allocated in rows:
        caps, used = levels.setdefault(key, ({}, {}))
        if resource is not None:
            caps[resource], used[resource] = cap, allocated
    return tuple(QuotaLevel(key, caps, used) for key, (caps, used) in levels.items())


def facts_at(
    heard: Mapping[str, datetime | None], clusters: Iterable[ClusterView], *, wanted: str | None
) -> datetime | None:
    """When the cluster heard of longest ago was heard of, of those that an answer rests on.

    That is the cluster that is asked for, if any. One that takes nothing, because it is away,
    makes no other answer older. `heard` says by name when each was heard of last.
    """
    views = [view for view in clusters if wanted in (None, view.name)]
    takers = [view.name for view in views if not view.blocker] or [view.name for view in views]
    return min((at for name in takers if (at := heard.get(name))), default=None)


def node_view(node: Node, pool: Pool, rows: dict[str, NodeCommitment]) -> NodeView:
    """A node with its room and what keeps pods of the pool away from it."""
    return NodeView(
        uid=node.uid,
        name=node.name,
        cluster=node.cluster.name,
        allocatable=node.allocatable,
        free={resource: row.free for resource, row in rows.items()},
        blockers=tuple(_blockers(node, pool, rows)),
    )


def _blockers(node: Node, pool: Pool, rows: dict[str, NodeCommitment]) -> list[str]:
    blockers = []
    if not node.ready:
        blockers.append("not-ready")
    if not node.schedulable:
        blockers.append("cordoned")
    if any(not _tolerated(taint, pool.tolerations) for taint in node.taints):
        blockers.append("tainted")
    if any(row.free < 0 for row in rows.values()):
        blockers.append("over-committed")
    return blockers


def _tolerated(taint: dict[str, Any], tolerations: list[dict[str, Any]]) -> bool:
    """The rule of Kubernetes: operator Exists or Equal, empty key or effect matches all."""
    if taint.get("effect") not in NO_SCHEDULE:
        return True
    return any(_matches(taint, toleration) for toleration in tolerations)


def _matches(taint: dict[str, Any], toleration: dict[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    operator = toleration.get("operator", "Equal")
    if toleration.get("key") in (None, ""):
        return bool(operator == "Exists")
    if toleration["key"] != taint.get("key"):
        return False
    return bool(operator == "Exists" or toleration.get("value", "") == taint.get("value", ""))
