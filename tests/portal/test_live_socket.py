"""The websocket as a browser meets it: a real server, PostgreSQL, Valkey and relay."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from portal import live
from portal.models import LiveTopic
from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import Membership
from tests.people import People, Someone
from tests.portal.servers import (
    Server,
    outbox_drain,
    relay_running,
    session_cookie,
    uvicorn_running,
)

SYSTEM = Viewer.system("tests")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.storm]


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with uvicorn_running(tmp_path_factory.mktemp("uvicorn") / "log") as running:
        yield running


@pytest.fixture
def relay(people_committed: People) -> Iterator[None]:
    with relay_running():
        yield


class Tab:
    """One browser tab's socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def get(self, timeout: float = 5.0) -> dict[str, Any]:
        return json.loads(self.connection.recv(timeout=timeout))  # type: ignore[no-any-return]

    def ask(self, **message: Any) -> dict[str, Any]:
        self.send(**message)
        return self.get()

    def silent(self, seconds: float) -> bool:
        with pytest.raises(TimeoutError):
            self.get(seconds)
        return True

    def close_code(self, timeout: float = 5.0) -> int:
        with pytest.raises(ConnectionClosed) as closed:
            self.read_to_the_end(timeout)
        assert closed.value.rcvd is not None
        return closed.value.rcvd.code

    def read_to_the_end(self, timeout: float = 5.0) -> None:
        while True:
            self.connection.recv(timeout=timeout)

    def flood(self) -> None:
        for _number in range(1000):
            self.send(op="ping")
        self.read_to_the_end()


@contextmanager
def tab(server: Server, person: Someone | None, **more: Any) -> Iterator[Tab]:
    headers = {"Cookie": session_cookie(person)} if person else {}
    options = {"origin": server.origin, "additional_headers": headers} | more
    with connect(server.socket_url, **options) as connection:
        yield Tab(connection)


def tell(topic: str = "tenant:vision", kind: str = "changed", **ids: int) -> None:
    with scope(SYSTEM):
        live.publish(topic, kind, **ids)


def test_an_event_reaches_everybody_who_listens(
    server: Server, relay: None, people_committed: People
) -> None:
    before = LiveTopic.objects.get(pk="tenant:vision").seq
    with tab(server, people_committed.alice) as alice, tab(server, people_committed.bob) as bob:
        for number, one in enumerate((alice, bob)):
            ack = one.ask(op="sub", id=number, topic="tenant:vision")
            assert ack == {"op": "ack", "id": number, "topic": "tenant:vision", "seq": before}
        tell(kind="renamed", member=5)
        for one in (alice, bob):
            event = one.get()
            assert event["seq"] == before + 1
            assert event | {"seq": 0} == {
                "op": "ev",
                "topic": "tenant:vision",
                "seq": 0,
                "kind": "renamed",
                "ids": {"member": [5]},
            }


def test_numbers_on_a_topic_only_rise_and_a_late_page_is_told_to_look(
    server: Server, relay: None, people_committed: People
) -> None:
    with tab(server, people_committed.alice) as alice:
        alice.ask(op="sub", id=1, topic="tenant:vision")
        seqs = []
        for _round in range(3):
            tell()
            seqs.append(alice.get()["seq"])
        assert seqs == [seqs[0], seqs[0] + 1, seqs[0] + 2]
        ack = alice.ask(op="sub", id=2, topic="tenant:vision", since=seqs[0])
        assert ack["seq"] == seqs[2]
        assert alice.get() == {"op": "resync", "topic": "tenant:vision", "seq": seqs[2]}
        assert alice.ask(op="sub", id=3, topic="tenant:vision", since=seqs[2])["op"] == "ack"
        assert alice.silent(0.5)


@pytest.mark.parametrize(
    "topic",
    ["tenant:speech", "tenant:nowhere", "tenants", "unknown:1", "user:1", "user:x", "tenant"],
)
def test_charlie_s_topics_look_like_none(
    server: Server, people_committed: People, topic: str
) -> None:
    with tab(server, people_committed.bob) as bob:
        assert bob.ask(op="sub", id=1, topic=topic) == {"op": "error", "id": 1, "code": "not-found"}


def test_own_notices_are_heard_and_others_are_not(
    server: Server, relay: None, people_committed: People
) -> None:
    own, other = people_committed.alice.user.pk, people_committed.bob.user.pk
    with tab(server, people_committed.alice) as alice:
        assert alice.ask(op="sub", id=1, topic=f"user:{own}")["op"] == "ack"
        assert alice.ask(op="sub", id=2, topic=f"user:{other}")["code"] == "not-found"
        tell(f"user:{other}")
        tell(f"user:{own}")
        assert alice.get()["topic"] == f"user:{own}"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "unknown-op"),
        ("{", "unknown-op"),
        ("[]", "unknown-op"),
        ("[" * 8000, "unknown-op"),
        ('{"op": "drop"}', "unknown-op"),
        ('{"op": "sub", "topic": "tenants"}', "bad-id"),
        ('{"op": "sub", "id": true, "topic": "tenants"}', "bad-id"),
        ('{"op": "sub", "id": {}, "topic": "tenants"}', "bad-id"),
        ('{"op": "sub", "id": 1}', "bad-topic"),
        ('{"op": "sub", "id": 1, "topic": ["tenants"]}', "bad-topic"),
        ('{"op": "sub", "id": 1, "topic": "tenant:../x y"}', "bad-topic"),
        ('{"op": "sub", "id": 1, "topic": "tenant:"}', "bad-topic"),
        ('{"op": "sub", "id": 1, "topic": "tenant:\\u0000"}', "bad-topic"),
    ],
)
def test_nonsense_is_answered_and_the_socket_lives(
    server: Server, people_committed: People, message: str, code: str
) -> None:
    with tab(server, people_committed.alice) as alice:
        alice.connection.send(message)
        assert alice.get()["code"] == code
        assert alice.ask(op="ping") == {"op": "pong"}


def test_a_hundred_subscriptions_and_no_more(server: Server, people_committed: People) -> None:
    with tab(server, people_committed.operator) as one:
        for number in range(100):
            assert one.ask(op="sub", id=number, topic="tenant:vision")["op"] == "ack"
        assert one.ask(op="sub", id=100, topic="tenants")["code"] == "too-many"
        assert one.ask(op="sub", id=5, topic="tenants")["code"] == "id-in-use"
        one.send(op="unsub", id=5)
        assert one.ask(op="sub", id=100, topic="tenants")["op"] == "ack"


def test_whoever_asks_too_fast_is_sent_away(server: Server, people_committed: People) -> None:
    with tab(server, people_committed.alice) as alice:
        with pytest.raises(ConnectionClosed):
            alice.flood()
        assert alice.connection.close_code == 4429


def test_a_frame_beyond_16_kib_ends_the_socket(server: Server, people_committed: People) -> None:
    with tab(server, people_committed.alice) as alice:
        alice.connection.send("x" * (16 * 1024 + 1))
        assert alice.get()["code"] == "too-large"
        assert alice.close_code() == 1009
    with tab(server, people_committed.alice) as alice:
        alice.connection.send(b"\x00\x01")
        assert alice.close_code() == 1009
    with tab(server, people_committed.alice) as alice, pytest.raises(ConnectionClosed):
        alice.ask(op="x" * 10_000_000)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "file://",
        "http://127.0.0.1.evil.example",
        "http://[::1",
    ],
)
def test_a_foreign_origin_gets_no_socket(
    server: Server, people_committed: People, origin: str | None
) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        tab(server, people_committed.alice, origin=origin),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_a_foreign_host_name_gets_no_socket(server: Server, people_committed: People) -> None:
    with (
        pytest.raises(InvalidStatus),
        tab(
            server,
            people_committed.alice,
            origin="http://evil.example",
            additional_headers={
                "Cookie": session_cookie(people_committed.alice),
                "Host": "evil.example",
            },
        ),
    ):
        pass


def test_whoever_is_not_signed_in_is_told_so(server: Server, people_committed: People) -> None:
    with tab(server, None) as nobody:
        assert nobody.get() == {"op": "bye", "code": "signed-out", "retry_after": None}
        assert nobody.close_code() == 4401


REVOCATIONS: dict[str, Callable[[Someone], None]] = {
    "session gone": lambda someone: Session.objects.all().delete() and None,
    "account disabled": lambda someone: (
        User.objects.filter(pk=someone.user.pk).update(is_active=False) and None
    ),
}


@pytest.mark.parametrize("name", sorted(REVOCATIONS))
def test_the_socket_ends_at_once_when_the_person_is_revoked(
    server: Server, relay: None, people_committed: People, name: str
) -> None:
    with tab(server, people_committed.bob) as bob:
        assert bob.ask(op="sub", id=1, topic="tenant:vision")["op"] == "ack"
        with scope(SYSTEM):
            REVOCATIONS[name](people_committed.bob)
            live.revoke(people_committed.bob.user.pk)
        began = time.monotonic()
        assert bob.get()["code"] == "signed-out"
        assert bob.close_code() == 4401
        assert time.monotonic() - began < 5


def test_a_lost_membership_ends_the_subscription_and_nothing_else(
    server: Server, relay: None, people_committed: People
) -> None:
    bob_id = people_committed.bob.user.pk
    with tab(server, people_committed.bob) as bob:
        bob.ask(op="sub", id=1, topic="tenant:vision")
        bob.ask(op="sub", id=2, topic=f"user:{bob_id}")
        with scope(SYSTEM):
            Membership.objects.filter(user_id=bob_id).delete()
            live.revoke(bob_id)
        assert bob.get() == {"op": "error", "id": 1, "code": "revoked"}
        tell()
        tell(f"user:{bob_id}")
        assert bob.get()["topic"] == f"user:{bob_id}"
        assert bob.silent(0.7)


def test_a_burst_arrives_as_few_events_and_the_last_is_among_them(
    server: Server, relay: None, people_committed: People
) -> None:
    with tab(server, people_committed.alice) as alice:
        alice.ask(op="sub", id=1, topic="tenant:vision")
        began = time.monotonic()
        for number in range(60):
            tell(member=number)
        outbox_drain()
        last = LiveTopic.objects.get(pk="tenant:vision").seq
        seen = [alice.get()]
        while seen[-1]["seq"] < last:
            seen.append(alice.get())
        seconds = time.monotonic() - began
        assert alice.silent(0.7)
    assert len(seen) <= 4 * seconds + 2
    assert [event["seq"] for event in seen] == sorted({event["seq"] for event in seen})


def test_an_idle_socket_stays_open_and_still_hears(
    server: Server, relay: None, people_committed: People
) -> None:
    """channels_redis with redis-py 8 closes idle sockets after five seconds unless told not to."""
    with tab(server, people_committed.alice) as alice:
        alice.ask(op="sub", id=1, topic="tenant:vision")
        assert alice.silent(12.0)
        tell()
        assert alice.get()["op"] == "ev"


def test_a_lost_event_is_made_good_by_the_next_look(
    people_committed: People, tmp_path: Any
) -> None:
    """The channel layer may drop; a socket compares numbers with the database every minute."""
    with (
        uvicorn_running(tmp_path / "log", "tests.portal.fast_asgi") as fast,
        tab(fast, people_committed.alice) as alice,
    ):
        alice.ask(op="sub", id=1, topic="tenant:vision")
        with scope(SYSTEM):
            LiveTopic.objects.create(topic="tenant:vision", seq=7, updated_at=timezone.now())
        assert alice.get() == {"op": "resync", "topic": "tenant:vision", "seq": 7}


def test_a_group_that_can_not_be_left_ends_no_look_at_rights(
    people_committed: People, tmp_path: Any
) -> None:
    bob = people_committed.bob
    with (
        uvicorn_running(tmp_path / "log", "tests.portal.refusing_asgi") as refusing,
        tab(refusing, bob) as open_tab,
    ):
        open_tab.ask(op="sub", id=1, topic="tenant:vision")
        with scope(SYSTEM):
            Membership.objects.filter(user_id=bob.user.pk).delete()
        assert open_tab.get() == {"op": "error", "id": 1, "code": "revoked"}
        User.objects.filter(pk=bob.user.pk).update(is_active=False)
        assert open_tab.get()["code"] == "signed-out"


def test_twenty_tabs_hear_the_same_event(
    server: Server, relay: None, people_committed: People
) -> None:
    heard: list[int] = []
    ready = threading.Barrier(21, timeout=30)

    def listen(person: Someone) -> None:
        with tab(server, person) as one:
            one.ask(op="sub", id=1, topic="tenant:vision")
            ready.wait()
            heard.append(one.get(10)["seq"])

    everybody = [people_committed.alice, people_committed.operator]
    threads = [threading.Thread(target=listen, args=(everybody[n % 2],)) for n in range(20)]
    for thread in threads:
        thread.start()
    ready.wait()
    tell()
    for thread in threads:
        thread.join(30)
    assert len(heard) == 20
    assert len(set(heard)) == 1
