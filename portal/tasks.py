"""Proof of life of the workers: a task that only a worker which consumes can run."""

from __future__ import annotations

from datetime import datetime

import structlog
from celery import Celery, shared_task
from kombu.exceptions import OperationalError

from portal.celery import app as own_app
from portal.health import beat
from portal.health_checks import ASKED_PREFIX, WORKER_PREFIX
from portal.jobs.registry import queues
from portal.models.jobs import Heartbeat
from portal.scope import scope
from portal.viewer import Viewer

PING_SECONDS = 15

log = structlog.get_logger()


@shared_task(name="portal.worker_beat", expires=60, ignore_result=True)
def worker_beat(*, queue: str, **_: object) -> None:
    """Say that somebody takes work out of this queue."""
    beat(f"{WORKER_PREFIX}{queue}")


def workers_ping(now: datetime, *, app: Celery = own_app) -> None:
    """Put one such task into each queue; done by the sweeper every 15 seconds.

    They expire, so that workers which come back don't find a heap of them. When each was asked
    for the first time is kept: /deep counts from then where nobody has ever answered.
    """
    with scope(Viewer.system("health")):
        for queue in queues():
            Heartbeat.objects.get_or_create(name=f"{ASKED_PREFIX}{queue}", defaults={"at": now})
    try:
        for queue in queues():
            app.send_task(
                worker_beat.name,
                kwargs={"queue": queue},
                queue=queue,
                expires=2 * PING_SECONDS,
                retry=False,
            )
    except OperationalError as error:
        log.warning("workers.ping_failed", error=str(error))
