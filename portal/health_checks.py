"""What the chassis itself asks in /deep."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min
from redis import Redis
from redis.exceptions import RedisError

from portal.health import Health, age_health, beat_health, check_register
from portal.models.jobs import ACTIVE_STATES, Heartbeat, JobRun, JobState
from portal.models.live import OutboxEvent

WORKER_PREFIX = "worker."


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
    """At least one worker still takes work out of each queue (see portal.tasks)."""
    rows = list(Heartbeat.objects.filter(name__startswith=WORKER_PREFIX))
    if not rows:
        return Health("down", {"queues": {}})
    ages = {row.name.removeprefix(WORKER_PREFIX): now - row.at for row in rows}
    seconds = {name: round(age.total_seconds(), 1) for name, age in ages.items()}
    return age_health(
        max(ages.values()),
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
