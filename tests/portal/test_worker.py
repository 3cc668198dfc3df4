"""Workers as they are started: `celery -A portal` finds the app, and says that it consumes."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.utils import timezone

from portal import celery as celery_module
from portal.health_checks import WORKER_PREFIX, workers
from portal.models import Heartbeat
from portal.scope import scope
from portal.tasks import QUEUES, worker_beat, workers_ping
from portal.viewer import Viewer
from tests.portal.servers import process_running

SYSTEM = Viewer.system("tests")


def test_every_task_ignores_its_result_and_is_known() -> None:
    app = celery_module.app
    app.loader.import_default_modules()
    assert worker_beat.name in app.tasks
    assert app.conf.task_ignore_result is True
    assert app.conf.accept_content == ["json"]


@pytest.mark.storm
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_consumes_is_seen_in_every_queue(tmp_path: Path) -> None:
    command = (
        *("-m", "celery", "-A", "portal", "worker", "-Q", ",".join(QUEUES)),
        *("-c", "1", "--without-gossip", "--without-mingle"),
    )
    with celery_module.app.connection_for_write() as broker:
        for queue in QUEUES:  # rings that other tests left
            broker.default_channel.queue_purge(queue)
    with process_running(tmp_path / "log", *command) as process:
        for number in range(300):
            if number % 20 == 0:
                workers_ping(timezone.now())
            if Heartbeat.objects.filter(name__startswith=WORKER_PREFIX).count() == len(QUEUES):
                break
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.2)
        with scope(SYSTEM):
            assert workers(timezone.now()).word == "ok"
            later = timezone.now() + timedelta(seconds=60)
            assert workers(later).word == "late"
    assert process.returncode == 0


@pytest.mark.django_db
def test_a_broker_that_is_away_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    lonely = Celery("lonely", broker="redis://127.0.0.1:1/0", set_as_current=False)
    lonely.conf.broker_transport_options = {"socket_connect_timeout": 1}
    monkeypatch.setattr("portal.tasks.app", lonely)
    began = time.monotonic()
    workers_ping(timezone.now())
    assert time.monotonic() - began < 10
