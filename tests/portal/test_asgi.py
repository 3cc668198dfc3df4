"""What stands before Django: bodies are limited while they arrive, connections are few."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from functools import partial

import httpx
import pytest
from django.db import connection

from portal.threads import THREADS
from tests.people import People
from tests.portal.servers import Server, session_cookie, uvicorn_running
from tests.portal.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storm]
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("uvicorn") / "log"
    with uvicorn_running(log, BERTH_DEBUG="1") as running:  # static files without collecting them
        yield running


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.origin, trust_env=False, timeout=30) as client:
        yield client


def chunks(mebibytes: int) -> Iterator[bytes]:
    for _number in range(mebibytes):
        yield b"x" * MIB


@pytest.mark.parametrize("mebibytes", [3, 10])
def test_a_body_without_announced_length_is_cut_off(http: httpx.Client, mebibytes: int) -> None:
    answer = http.post("/api/v1/notices/read-all/", content=chunks(mebibytes))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"]
    page = http.post("/accounts/login/", content=chunks(mebibytes))
    assert page.status_code == 413
    assert "text/html" in page.headers["Content-Type"]


def test_a_body_announced_as_too_large_is_not_waited_for(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(
            b"POST /api/v1/notices/read-all/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Length: 99999999999\r\n\r\n"
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 413")


def test_a_chunked_body_within_the_limit_arrives_whole(http: httpx.Client) -> None:
    answer = http.post("/api/v1/notices/read-all/", content=chunks(2))
    assert answer.status_code == 401


def test_slow_senders_occupy_no_thread(server: Server, http: httpx.Client) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(3 * THREADS)]
    for raw in slow:
        raw.sendall(
            b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nx"
        )
    time.sleep(0.5)
    assert http.get("/ready", timeout=5).status_code == 200
    for raw in slow:
        raw.close()
    assert http.get("/ready", timeout=5).status_code == 200


def test_slow_readers_occupy_no_thread(server: Server, http: httpx.Client) -> None:
    """The OpenAPI document is larger than the socket's buffers together with what they read."""
    slow = []
    for _number in range(2 * THREADS):
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        raw.connect(("127.0.0.1", server.port))
        raw.sendall(b"GET /api/v1/schema HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        slow.append(raw)
    assert http.get("/ready").status_code == 200
    assert http.get("/ready", timeout=5).status_code == 200
    for raw in slow:
        raw.close()


def test_a_crowd_needs_no_more_connections_than_threads(
    server: Server, people_committed: People
) -> None:
    headers = {"Cookie": session_cookie(people_committed.alice)}
    peak = [0]
    done = threading.Event()

    def visit() -> set[int]:
        with httpx.Client(
            base_url=server.origin, headers=headers, trust_env=False, timeout=60
        ) as client:
            return {client.get("/api/v1/notices/").status_code for _ in range(10)}

    def watch() -> None:
        while not done.wait(0.05):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND usename = current_user"
                )
                peak[0] = max(peak[0], cursor.fetchone()[0])

    def crowd() -> list[set[int]]:
        try:
            return together(*[visit] * 30)
        finally:
            done.set()

    statuses, _nothing = together(crowd, watch)
    assert set().union(*statuses) == {200}
    own = 2  # the test's own: the watcher's and this thread's
    assert 1 < peak[0] <= THREADS + 1 + own


def test_many_keep_their_own_view(server: Server, people_committed: People) -> None:
    """Threads and connections are shared by everybody; what they may see is not."""

    def ask(name: str) -> set[str]:
        headers = {"Cookie": session_cookie(getattr(people_committed, name))}
        with httpx.Client(
            base_url=server.origin, headers=headers, trust_env=False, timeout=60
        ) as client:
            found: set[str] = set()
            for _round in range(8):
                answer = client.get("/api/v1/tenants/")
                found |= {row["key"] for row in answer.json()["results"]}
            return found

    names = ["alice", "charlie", "operator"] * 4
    seen = together(*[partial(ask, name) for name in names])
    assert seen[0] == {"vision"}
    assert seen[1] == {"speech"}
    assert {"aurora", "vision", "borealis", "speech"} <= seen[2]
    assert seen[3:6] == seen[:3]
    assert seen[9:] == seen[:3]
