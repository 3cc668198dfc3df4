"""Who mirrors a cluster: the holder of its advisory lock in PostgreSQL.

The lock belongs to the very connection that writes the facts, so a process that loses its
connection loses the right to write with it, and no two ever write.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

LOCK_CLASS = 0x42_57_43  # "BWC"


@contextmanager
def leadership(cluster_id: int) -> Iterator[bool]:
    """Try to lead; False where another process does. Holds this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, cluster_id])
        leads = bool(cursor.fetchone()[0])
    try:
        yield leads
    finally:
        if leads:
            connection.close()  # gives the lock back, whatever state the session is in
