"""Redis is restarted under open sockets and a running relay: nobody stays deaf."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from deploy.setup.valkey import Valkey
from portal import live
from portal.models import LiveTopic, OutboxEvent
from portal.scope import scope
from portal.viewer import Viewer
from tests.people import People, Someone
from tests.portal.servers import (
    Server,
    outbox_drain,
    process_running,
    session_cookie,
    uvicorn_running,
)

SYSTEM = Viewer.system("tests")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storm]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    own = Valkey(tmp_path / "valkey")
    own.start(die_with_parent=True)
    yield own
    own.stop()


class Browser:
    """Does what the page's script does: comes back, and says how far it has heard."""

    def __init__(self, server: Server, person: Someone) -> None:
        self.server, self.cookie = server, session_cookie(person)
        self.seq: int | None = None
        self.socket: ClientConnection | None = None

    def open(self) -> None:
        self.socket = connect(
            self.server.socket_url,
            origin=self.server.origin,  # type: ignore[arg-type]
            additional_headers={"Cookie": self.cookie},
        )
        self.socket.send(
            json.dumps({"op": "sub", "id": 1, "topic": "tenant:vision", "since": self.seq})
        )

    def hear_until(self, enough: Callable[[], bool], seconds: float) -> None:
        """Listen, coming back after every loss, until `enough`."""
        until = time.monotonic() + seconds
        while not enough():
            assert time.monotonic() < until, self.seq
            try:
                if self.socket is None:
                    self.open()
                self._take(json.loads(self.socket.recv(timeout=0.5)))  # type: ignore[union-attr]
            except TimeoutError:
                continue
            except (ConnectionClosed, InvalidStatus, OSError):
                self.socket = None
                time.sleep(0.3)

    def _take(self, message: dict[str, Any]) -> None:
        if message["op"] in {"ack", "ev", "resync"}:
            self.seq = message["seq"]


def tell() -> int:
    with scope(SYSTEM):
        live.publish("tenant:vision", "changed")
    until = time.monotonic() + 20
    while OutboxEvent.objects.filter(published_at=None).exists():
        assert time.monotonic() < until, "the relay numbers nothing"
        time.sleep(0.05)
    return LiveTopic.objects.get(pk="tenant:vision").seq


def test_a_restart_of_redis_loses_no_change(
    valkey: Valkey, people_committed: People, tmp_path: Path
) -> None:
    redis = {"REDIS_URL": valkey.url()}
    with (
        uvicorn_running(tmp_path / "web", "tests.portal.fast_asgi", **redis) as server,
        process_running(tmp_path / "relay", "manage.py", "relay", **redis) as relay,
    ):
        outbox_drain()
        browser = Browser(server, people_committed.alice)
        browser.hear_until(lambda: browser.seq is not None, 10)
        first = tell()
        browser.hear_until(lambda: browser.seq == first, 10)
        valkey.stop()
        second = tell()
        assert second > first
        valkey.start(die_with_parent=True)
        browser.hear_until(lambda: browser.seq == second, 20)
        third = tell()
        browser.hear_until(lambda: browser.seq == third, 10)
        assert relay.poll() is None
    assert relay.returncode == 0
