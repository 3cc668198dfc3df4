"""Workers as they are started: `celery -A portal` finds the app, and says that it consumes."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from django.utils import timezone

from deploy.setup.valkey import Valkey
from portal import celery as celery_module
from portal.health_checks import WORKER_PREFIX, workers
from portal.jobs.registry import queues
from portal.models import Heartbeat
from portal.scope import scope
from portal.tasks import worker_beat, workers_ping
from portal.viewer import Viewer
from tests.portal.servers import process_running

SYSTEM = Viewer.system("tests")


def test_every_task_ignores_its_result_and_is_known() -> None:
    app = celery_module.app
    app.loader.import_default_modules()
    assert worker_beat.name in app.tasks
    assert app.conf.task_ignore_result is True
    assert app.conf.accept_content == ["json"]


def ping_until_seen(broker: Celery, since: datetime) -> set[str]:
    """Put tasks into the queues until each has been taken out of its queue after `since`."""
    for number in range(400):
        if number % 20 == 0:
            workers_ping(timezone.now(), app=broker)
        rows = Heartbeat.objects.filter(name__startswith=WORKER_PREFIX, at__gt=since)
        names = {row.name.removeprefix(WORKER_PREFIX) for row in rows}
        if names == set(queues()):
            break
        time.sleep(0.2)
    return names


@pytest.mark.storm
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
def test_a_worker_consumes_every_queue_and_comes_back_after_a_restart_of_redis(
    tmp_path: Path,
) -> None:
    valkey = Valkey(tmp_path / "valkey")
    valkey.start(die_with_parent=True)
    broker = Celery("tests", broker=valkey.url(), set_as_current=False)
    broker.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    command = (
        *("-m", "celery", "-A", "portal", "worker", "-Q", ",".join(queues())),
        *("-c", "1", "--without-gossip", "--without-mingle"),
    )
    with process_running(tmp_path / "log", *command, REDIS_URL=valkey.url()) as process:
        assert ping_until_seen(broker, timezone.now()) == set(queues())
        with scope(SYSTEM):
            assert workers(timezone.now()).word == "ok"
            assert workers(timezone.now() + timedelta(seconds=60)).word == "late"
        valkey.stop()
        time.sleep(3)
        valkey.start(die_with_parent=True)
        assert ping_until_seen(broker, timezone.now()) == set(queues())
    assert process.returncode == 0
    valkey.stop()


@pytest.mark.django_db
def test_a_broker_that_is_away_stops_nobody() -> None:
    lonely = Celery("lonely", broker="redis://127.0.0.1:1/0", set_as_current=False)
    lonely.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    began = time.monotonic()
    workers_ping(timezone.now(), app=lonely)
    assert time.monotonic() - began < 3
