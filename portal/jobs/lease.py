"""Claiming a job, keeping the claim, and refusing to write once it is lost.

Only the database's clock is used. The rules are those of section 2.4 of the reliability notes:
a claim raises the epoch, every later write names it, and a write that finds another one stops.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from portal import faults
from portal.models.jobs import ACTIVE_STATES
from portal.scope import scope
from portal.viewer import Viewer

log = structlog.get_logger()
ACTIVE = [str(state) for state in ACTIVE_STATES]

CLAIM = """
UPDATE portal_jobrun SET
    epoch = epoch + 1,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
    claims_since_progress = claims_since_progress + 1,
    started_at = COALESCE(started_at, clock_timestamp()),
    state = CASE WHEN undoing THEN 'compensating' ELSE 'running' END
WHERE id = %(id)s AND state = ANY(%(active)s) AND due_at <= clock_timestamp()
    AND (lease_until IS NULL OR lease_until < clock_timestamp())
RETURNING epoch
"""
RENEW = """
UPDATE portal_jobrun SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND epoch = %(epoch)s AND state = ANY(%(active)s)
"""


class LeaseLost(Exception):
    """Another worker has this job now; whatever this one still wanted to do is not its business."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write for a job, as long as nobody has raised the epoch."""

    job_id: int
    epoch: int
    seconds: float

    @property
    def params(self) -> dict[str, Any]:
        """Values of the statements above."""
        return {
            "id": self.job_id,
            "epoch": self.epoch,
            "lease": self.seconds,
            "active": ACTIVE,
        }


def lease_claim(*, job_id: int, worker: str) -> Lease | None:
    """Take a due job whose lease is free; None when somebody else has it or it is not due."""
    seconds = settings.JOB_LEASE_SECONDS
    with scope(Viewer.system("jobs")), connection.cursor() as cursor:
        cursor.execute(CLAIM, {"id": job_id, "lease": seconds, "active": ACTIVE})
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute(
            "INSERT INTO portal_jobattempt (job_id, epoch, worker, ended_as)"
            " VALUES (%s, %s, %s, '')",
            [job_id, row[0], worker],
        )
    return Lease(job_id=job_id, epoch=row[0], seconds=seconds)


def fence(lease: Lease) -> None:
    """Renew the lease inside the open transaction and hold the row; raise LeaseLost when gone."""
    with connection.cursor() as cursor:
        cursor.execute(RENEW, lease.params)
        if cursor.rowcount != 1:
            raise LeaseLost


class Heart:
    """Renews a lease from a thread of its own until stopped, and knows when it is gone.

    Where it can't be renewed (the database is away, this process slept), it counts as lost when
    its time has run out by this machine's clock: another worker may have the job by then.
    """

    def __init__(self, lease: Lease) -> None:
        self._lost = threading.Event()
        self._until = time.monotonic() + lease.seconds
        self._lease = lease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="job-heart", daemon=True)

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def is_lost(self) -> bool:
        """Whether the job may be somebody else's."""
        return self._lost.is_set() or time.monotonic() > self._until

    def renewed(self) -> None:
        """Count from now: the lease has just been renewed, here or by whoever wrote with it."""
        self._until = time.monotonic() + self._lease.seconds

    def _beat(self) -> None:
        try:
            while not self._stop.wait(self._lease.seconds / 3):
                self._renew()
        finally:
            connection.close()

    def _renew(self) -> None:
        try:
            with faults.silenced(), scope(Viewer.system("jobs")):
                fence(self._lease)
            self.renewed()
        except LeaseLost:
            self._lost.set()
            self._stop.set()
        except (DatabaseError, InterfaceError):
            log.warning("job.heartbeat_failed", job_id=self._lease.job_id)
            close_old_connections()
