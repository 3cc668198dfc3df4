"""What /deep says of the watcher: whether any looks at the clusters still."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from inventory.health_checks import watcher
from inventory.watcher.supervisor import Supervisor
from portal.models import Heartbeat
from portal.scope import scope
from portal.viewer import Viewer

pytestmark = pytest.mark.django_db
SYSTEM = Viewer.system("tests")


def test_a_watcher_that_has_looked_is_well() -> None:
    with scope(SYSTEM):
        assert watcher(timezone.now()).word == "down"
    Supervisor(threading.Event()).poll()
    with scope(SYSTEM):
        assert watcher(timezone.now()).word == "ok"


@pytest.mark.parametrize(("seconds", "word"), [(20, "ok"), (40, "late"), (100, "down")])
def test_a_watcher_that_stands_still_is_seen(client: Client, seconds: int, word: str) -> None:
    Heartbeat.objects.create(name="watcher", at=timezone.now() - timedelta(seconds=seconds))
    assert client.get("/deep").json()["checks"]["watcher"] == {"status": word}
