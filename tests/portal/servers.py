"""Real servers for tests: uvicorn in a process of its own, the relay in a thread."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from portal import live
from portal.live.relay import relay_run
from portal.models import OutboxEvent
from portal.scope import scope
from portal.viewer import Viewer
from tests.people import Someone

ROOT = Path(__file__).resolve().parents[2]
ASYNC_UNSAFE = "DJANGO_ALLOW_ASYNC_UNSAFE"  # see tests/browser/fixtures.py


@dataclass(frozen=True)
class Server:
    """Where a server listens, and what it wrote."""

    port: int
    log: Path

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/live/"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def process_running(log: Path, *command: str, **more_env: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program of ours on the database of this test run; asked to stop at the end, and stops."""
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=_environment() | more_env,
            stdout=sink,
            stderr=sink,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def _environment() -> dict[str, str]:
    """Ours, without what only the test process with a browser may do."""
    ours = {name: value for name, value in os.environ.items() if name != ASYNC_UNSAFE}
    return ours | {"BERTH_LOG_FORMAT": "json"}


@contextmanager
def uvicorn_running(log: Path, app: str = "portal.asgi", **more_env: str) -> Iterator[Server]:
    """The program as `bin/start` runs it."""
    server = Server(free_port(), log)
    command = (
        *("-m", "uvicorn", f"{app}:application", "--port", str(server.port)),
        *("--ws-max-size", "65536", "--lifespan", "off"),
    )
    with process_running(log, *command, **more_env) as process:
        _wait(process, server)
        yield server


def _wait(process: subprocess.Popen[bytes], server: Server) -> None:
    for _try in range(300):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.origin}/live", timeout=1):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(server.log.read_text())


@contextmanager
def relay_running() -> Iterator[threading.Thread]:
    """The relay, until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=relay_run, args=(stop,))
    thread.start()
    try:
        with scope(Viewer.system("tests")):
            live.publish("clusters", "changed")  # numbered only by a relay that leads
        outbox_drain()
        yield thread
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


def outbox_drain() -> None:
    """Wait until what the test's preparations told is sent."""
    for _try in range(200):
        with scope(Viewer.system("tests")):
            if not OutboxEvent.objects.filter(published_at=None).exists():
                return
        time.sleep(0.05)
    raise AssertionError("the relay sends nothing")


def session_cookie(person: Someone) -> str:
    """The Cookie header of a browser in which this person has signed in."""
    cookies = person.client().cookies
    return f"{settings.SESSION_COOKIE_NAME}={cookies[settings.SESSION_COOKIE_NAME].value}"
