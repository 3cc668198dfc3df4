"""Promising room on nodes, and giving it back.

Rows are always taken in the order (node uid, resource), here and where facts are projected, so
that two writers wait for each other instead of deadlocking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import Sum

from inventory.models import Cluster
from scheduling.engine import Amounts, Placement
from scheduling.models import Commitment, NodeCommitment

TAKE = """
UPDATE scheduling_nodecommitment
SET committed = committed + %(amount)s, generation = generation + 1
WHERE cluster_id = %(cluster)s AND node_uid = %(uid)s AND resource = %(resource)s
    AND allocatable - "foreign" - committed >= %(amount)s
"""
HOLD = """
INSERT INTO scheduling_commitment
    (holder, tenant_key, cluster_id, node_uid, node_name, resource, committed, bound)
VALUES (%(holder)s, %(tenant)s, %(cluster)s, %(uid)s, %(name)s, %(resource)s, %(amount)s, 0)
ON CONFLICT (cluster_id, node_uid, resource, holder)
DO UPDATE SET committed = scheduling_commitment.committed + EXCLUDED.committed
"""


class RoomTaken(Exception):
    """Another decision took the room between the snapshot and this commit; decide again."""


def commitments_take(
    *,
    holder: str,
    tenant_key: str,
    cluster: Cluster,
    placements: Iterable[Placement],
    shape: Amounts,
) -> None:
    """Promise each placement its room, all or none; raise RoomTaken when one has gone."""
    wanted: list[dict[str, int | str]] = [
        {
            "holder": holder,
            "tenant": tenant_key,
            "cluster": cluster.pk,
            "uid": placement.node_uid,
            "name": placement.node_name,
            "resource": resource,
            "amount": amount * placement.replicas,
        }
        for placement in placements
        for resource, amount in shape.items()
        if amount
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        for row in sorted(wanted, key=lambda row: (str(row["uid"]), str(row["resource"]))):
            cursor.execute(TAKE, row)
            if cursor.rowcount != 1:
                raise RoomTaken
            cursor.execute(HOLD, row)


@transaction.atomic
def commitments_drop(*, holder: str, node_uids: Iterable[str] | None = None) -> bool:
    """Give back what a holder has, on some nodes or on all; True when there was any."""
    held = Commitment.objects.filter(holder=holder)
    if node_uids is not None:
        held = held.filter(node_uid__in=list(node_uids))
    any_dropped = False
    # Until none is left: a pod may have taken its room to another node before the rows were locked.
    while keys := list(held.values_list("cluster_id", "node_uid")):
        uids = {uid for _cluster, uid in keys}
        rows_lock(cluster_id=keys[0][0], node_uids=uids)
        held.filter(node_uid__in=uids).delete()
        sums_refresh(cluster_id=keys[0][0], node_uids=uids)
        any_dropped = True
    return any_dropped


@transaction.atomic
def commitments_shrink(*, holder: str, amounts: Amounts) -> None:
    """Give back part of what an open namespace holds: unbound room first, by node name."""
    rest = {key: amount for key, amount in amounts.items() if amount}
    keys = list(Commitment.objects.filter(holder=holder).values_list("cluster_id", "node_uid"))
    if not keys:
        return
    uids = {uid for _cluster, uid in keys}
    rows_lock(cluster_id=keys[0][0], node_uids=uids)
    held = Commitment.objects.filter(holder=holder, node_uid__in=uids)
    for row in held.order_by("node_name", "resource"):
        give = min(rest.get(row.resource, 0), row.committed - row.bound)
        if give:
            rest[row.resource] -= give
            row.committed -= give
            row.save(update_fields=["committed"])
    held.filter(committed=0, bound=0).delete()
    sums_refresh(cluster_id=keys[0][0], node_uids=uids)


def rows_lock(*, cluster_id: int, node_uids: Iterable[str]) -> list[NodeCommitment]:
    """Lock the rows of some nodes in the one order everybody keeps."""
    return list(
        NodeCommitment.objects.select_for_update()
        .filter(cluster_id=cluster_id, node_uid__in=list(node_uids))
        .order_by("node_uid", "resource")
    )


def sums_refresh(*, cluster_id: int, node_uids: Iterable[str]) -> None:
    """Make `committed` of each (locked) node the sum of its holders."""
    uids = list(node_uids)
    sums: dict[tuple[str, str], int] = defaultdict(int)
    held = (
        Commitment.objects.filter(cluster_id=cluster_id, node_uid__in=uids)
        .order_by()
        .values("node_uid", "resource")
        .annotate(sum=Sum("committed"))
    )
    for row in held:
        sums[row["node_uid"], row["resource"]] = row["sum"]
    changed = []
    for node in NodeCommitment.objects.filter(cluster_id=cluster_id, node_uid__in=uids):
        committed = sums.get((node.node_uid, node.resource), 0)
        if committed != node.committed:
            node.committed = committed
            node.generation += 1
            changed.append(node)
    NodeCommitment.objects.bulk_update(changed, ["committed", "generation"])
