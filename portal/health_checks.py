"""What the chassis itself asks in /deep."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min
from redis import Redis
from redis.exceptions import RedisError

from portal.health import Health, age_health, beat_health, check_register
from portal.jobs.registry import queues
from portal.models.jobs import ACTIVE_STATES, Heartbeat, JobRun, JobState
from portal.models.live import OutboxEvent

WORKER_PREFIX, ASKED_PREFIX = "worker.", "worker-asked."


def sweeper(now: datetime) -> Health:
    """The sweeper finds due jobs every second."""
    return beat_health("sweeper", now, late=timedelta(seconds=15), down=timedelta(seconds=60))


def relay(now: datetime) -> Health:
    """The relay sends live events and e-mail; an old unsent event counts against it too."""
    beat = beat_health("relay", now, late=timedelta(seconds=15), down=timedelta(seconds=60))
    oldest = OutboxEvent.objects.filter(published_at=None).aggregate(at=Min("created_at"))["at"]
    if oldest is None or beat.word != "ok":
        return beat
    return age_health(
        now - oldest, late=timedelta(seconds=10), down=timedelta(seconds=60), **beat.facts
    )


def jobs(now: datetime) -> Health:
    """The oldest job that should run by now and doesn't."""
    due = JobRun.objects.filter(state__in=ACTIVE_STATES, due_at__lt=now).exclude(
        lease_until__gt=now
    )
    oldest = due.aggregate(at=Min("due_at"))["at"]
    parked = JobRun.objects.filter(state=JobState.PARKED).count()
    age = now - oldest if oldest else timedelta(0)
    return age_health(age, late=timedelta(seconds=30), down=timedelta(minutes=5), parked=parked)


def workers(now: datetime) -> Health:
    """At least one worker still takes work out of each queue (see portal.tasks).

    A queue that nobody has ever served counts from when it was first asked for a sign of life, so
    that a start has time.
    """
    rows = dict(Heartbeat.objects.values_list("name", "at"))
    served = {queue: rows.get(f"{WORKER_PREFIX}{queue}") for queue in queues()}
    heard = [at or rows.get(f"{ASKED_PREFIX}{queue}") for queue, at in served.items()]
    seconds = {q: round((now - at).total_seconds(), 1) if at else None for q, at in served.items()}
    if None in heard:
        return Health("down", {"queues": seconds})
    ages = [now - at for at in heard if at is not None]
    return age_health(
        max(ages, default=timedelta(0)),
        late=timedelta(seconds=45),
        down=timedelta(seconds=120),
        queues=seconds,
    )


def redis(now: datetime) -> Health:
    """Without Redis jobs run slower and pages poll; nothing is lost."""
    try:
        with Redis.from_url(
            settings.CELERY_BROKER_URL, socket_timeout=1, socket_connect_timeout=1
        ) as client:
            client.ping()
    except RedisError as error:
        return Health("down", {"error": str(error)})
    return Health("ok")


def checks_register() -> None:
    """Register them all; called from the app's `ready`."""
    for check in (sweeper, relay, jobs, workers, redis):
        check_register(check.__name__, check)
