"""One writer at a time for the mirror of a cluster."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

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
