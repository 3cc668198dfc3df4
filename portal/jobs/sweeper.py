"""Finds jobs that are due and rings for them; needs neither Redis nor Celery to be right.

When the broker is away the sweeper runs the jobs itself, one after another: slower, but nothing
stands still. Jobs open the credentials of clusters, so a sweeper without the seal key only rings.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from portal.jobs import periodic
from portal.jobs.lease import ACTIVE
from portal.jobs.requests import ring
from portal.jobs.runner import job_run
from portal.models.jobs import Heartbeat
from portal.scope import scope
from portal.seal import can_unseal
from portal.viewer import Viewer

log = structlog.get_logger()
PERIOD_SECONDS = 1.0
REHINT_SECONDS = 5.0
BATCH = 200
LOCK = 0x42657274_68_01  # "Berth", first of its advisory locks

PICK = """
UPDATE portal_jobrun SET hinted_at = clock_timestamp() WHERE id IN (
    SELECT id FROM portal_jobrun
    WHERE state = ANY(%(active)s) AND due_at <= clock_timestamp()
        AND (lease_until IS NULL OR lease_until < clock_timestamp())
        AND (hinted_at IS NULL OR hinted_at < GREATEST(
            due_at, clock_timestamp() - make_interval(secs => %(rehint)s)))
    ORDER BY due_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED
) RETURNING id, queue
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one round did."""

    rung: int
    ran: int


def sweep_once(*, run: Callable[..., bool] = job_run) -> Swept:
    """Ring for each due job; where nobody can be rung, run it here if this process can."""
    with scope(Viewer.system("sweeper")), connection.cursor() as cursor:
        cursor.execute(PICK, {"active": ACTIVE, "rehint": REHINT_SECONDS, "batch": BATCH})
        due = cursor.fetchall()
    rung = ran = 0
    reachable = True
    for job_id, queue in due:
        reachable = reachable and ring(job_id=job_id, queue=queue)
        if reachable:
            rung += 1
        elif can_unseal():
            ran += run(job_id=job_id)
    if not reachable and not can_unseal():
        log.warning("sweeper.no_seal_key", left=len(due) - rung)
    return Swept(rung=rung, ran=ran)


def sweep_forever(stop: threading.Event) -> None:
    """Sweep as the one leader until told to stop; a second sweeper waits for the lock.

    Comes back by itself when the database was away; raises whatever else goes wrong.
    """
    while not stop.is_set():
        try:
            close_old_connections()
            if _lead():
                _round()
        except (DatabaseError, InterfaceError):
            log.warning("sweeper.database_away", exc_info=True)
            connection.close()
        stop.wait(PERIOD_SECONDS)
    connection.close()


def _round() -> None:
    sweep_once()
    periodic.run_due(now=timezone.now())
    with scope(Viewer.system("sweeper")):
        Heartbeat.objects.update_or_create(name="sweeper", defaults={"at": timezone.now()})


def _lead() -> bool:
    """Hold the session's advisory lock; it is free again as soon as the connection is gone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1"
            " AND ((classid::bigint << 32) | objid::bigint) = %s AND pid = pg_backend_pid())",
            [LOCK],
        )
        if cursor.fetchone() == (True,):
            return True
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return bool(cursor.fetchone() == (True,))
