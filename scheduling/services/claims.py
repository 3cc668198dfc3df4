"""The log of who held what when, written from facts alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import DateTimeField, Q, Value
from django.db.models.functions import Greatest

from inventory.models import Node, Pod
from inventory.rows import device_rules
from scheduling.models import Allocation, ClaimInterval, TenantNamespace
from scheduling.selectors.devices import amounts_on
from scheduling.services.projector import holder_of


def claims_project(
    *, cluster_id: int, came: Iterable[Pod], went: Iterable[Pod], now: datetime
) -> None:
    """Open an interval for each pod that began to hold a node, end it for each that let go."""
    _close(cluster_id, list(went), now)
    pods = [pod for pod in came if pod.node_name and not pod.is_done]
    if pods:
        _open(cluster_id, pods, now)


def intervals_close(*, cluster_id: int, now: datetime) -> None:
    """End every open interval of a cluster: it is looked at no longer."""
    rows = ClaimInterval.objects.filter(cluster_id=cluster_id, to_at=None)
    rows.update(to_at=Greatest("from_at", Value(now, DateTimeField())))


def _close(cluster_id: int, pods: list[Pod], now: datetime) -> None:
    uids = [pod.uid for pod in pods]
    rows = ClaimInterval.objects.filter(cluster_id=cluster_id, pod_uid__in=uids, to_at=None)
    ends = {pod.uid: pod.finished_at or now for pod in pods}
    for row in rows:
        end = max(row.from_at, ends[row.pod_uid])
        ClaimInterval.objects.filter(pk=row.pk, to_at=None).update(to_at=end)


def _open(cluster_id: int, pods: list[Pod], now: datetime) -> None:
    spaces = {
        space.name: space
        for space in TenantNamespace.objects.filter(
            cluster_id=cluster_id, name__in={pod.namespace for pod in pods}
        )
    }
    known = set(
        ClaimInterval.objects.filter(
            Q(cluster_id=cluster_id, pod_uid__in=[pod.uid for pod in pods])
        ).values_list("pod_uid", flat=True)
    )
    ours = [pod for pod in pods if pod.namespace in spaces and pod.uid not in known]
    if not ours:
        return
    nodes = {
        node.name: node
        for node in Node.objects.filter(
            cluster_id=cluster_id, gone_at=None, name__in={pod.node_name for pod in ours}
        )
    }
    holders = {pod.uid: holder_of(spaces[pod.namespace], pod.holder) for pod in ours}
    numbers = {uid: _allocation_in(holder) for uid, holder in holders.items()}
    named = {number for number in numbers.values() if number is not None}
    allocations = set(Allocation.objects.filter(pk__in=named).values_list("pk", flat=True))
    rules = device_rules()
    ClaimInterval.objects.bulk_create(
        ClaimInterval(
            tenant_key=spaces[pod.namespace].tenant_key,
            allocation_id=numbers[pod.uid] if numbers[pod.uid] in allocations else None,
            holder=holders[pod.uid],
            cluster_id=cluster_id,
            pod_uid=pod.uid,
            pod_name=pod.name,
            node_name=pod.node_name,
            amounts=amounts_on(node=nodes[pod.node_name], raw=pod.requests, rules=rules),
            from_at=pod.started_at or now,
        )
        for pod in ours
        if pod.node_name in nodes
    )


def _allocation_in(holder: str) -> int | None:
    """The workload that a holder names; a label in an open namespace names none."""
    kind, _colon, number = holder.partition(":")
    return int(number) if kind == "allocation" and number.isdecimal() else None
