"""One writer at a time for the mirror of a cluster, and no removal below what is being placed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from inventory.choices import ClusterState

MIRROR = 0x4265_6D72  # a class of advisory locks of its own: "Bemr"


def mirror_lock(cluster_ids: Iterable[int]) -> None:
    """Wait until nobody else writes the facts of these clusters; held to the transaction's end.

    Whoever changes by what rule facts are read (pools, device mappings, claims) takes it before
    it brings the rows in line: else a batch that was read by the old rule lands on top. It comes
    before every row lock but that of a tenant (`tenants_hold`), in the order of the ids.
    """
    with connection.cursor() as cursor:
        for cluster_id in sorted(set(cluster_ids)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [MIRROR, cluster_id])


def cluster_hold(cluster_id: int) -> bool:
    """Keep a cluster from being removed until the transaction ends; False where it isn't connected.

    Waits for whoever is removing it. It is the lock that a foreign key would take: changes of the
    row's facts go on beside it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM inventory_cluster WHERE id = %s AND state = %s FOR KEY SHARE",
            [cluster_id, ClusterState.CONNECTED],
        )
        return cursor.fetchone() is not None
