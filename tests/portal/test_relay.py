"""From the outbox to the channel layer: nothing committed is lost, whatever is away meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from portal import live
from portal.live import relay as relay_module
from portal.live.batch import batch_number
from portal.live.groups import group_name
from portal.models import Heartbeat, LiveTopic, OutboxEvent
from portal.notices import notify
from portal.scope import scope
from portal.trim import chassis_trim
from portal.viewer import Viewer
from tenants.notice_kinds import REMOVED
from tests.people import People
from tests.portal.servers import outbox_drain, relay_running

SYSTEM = Viewer.system("tests")
pytestmark = pytest.mark.django_db(transaction=True)


def tell(topic: str = "job:1", kind: str = "step", **ids: int) -> None:
    with scope(SYSTEM):
        live.publish(topic, kind, **ids)


def sent() -> list[tuple[str, int, str, dict[str, Any]]]:
    return [
        (s.event.topic, s.event.seq, s.event.kind, s.event.ids)
        for s in batch_number(now=timezone.now())
    ]


class Ear:
    """Listens on the real channel layer, as a consumer does."""

    def __init__(self, topic: str) -> None:
        self.messages: list[dict[str, Any]] = []
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(topic,))
        self.thread.start()
        assert self.ready.wait(10)

    def _run(self, topic: str) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._listen(topic))

    async def _listen(self, topic: str) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(group_name(topic), channel)
        self.loop, self.task = asyncio.get_running_loop(), asyncio.current_task()
        self.ready.set()
        while True:  # a receive that is cancelled may lose what has just come: only at the end
            self.messages.append(await layer.receive(channel))

    def end(self) -> None:
        """Stop listening."""
        assert self.task is not None
        self.loop.call_soon_threadsafe(self.task.cancel)
        self.thread.join(10)

    def wait(self, count: int, seconds: float = 10.0) -> list[dict[str, Any]]:
        until = time.monotonic() + seconds
        while len(self.messages) < count and time.monotonic() < until:
            time.sleep(0.02)
        assert len(self.messages) >= count, self.messages
        return self.messages


@pytest.fixture
def ear() -> Iterator[Ear]:
    found = Ear("job:1")
    yield found
    found.end()


def test_publish_belongs_to_its_transaction() -> None:
    with scope(SYSTEM):
        live.publish("job:1", "step")
        transaction.set_rollback(True)
    assert sent() == []


def test_equal_events_of_one_transaction_are_one() -> None:
    with scope(SYSTEM):
        for _again in range(5):
            live.publish("job:1", "step", step=1)
        live.publish("job:1", "step", step=2)
    assert OutboxEvent.objects.count() == 2
    tell(step=1)
    assert OutboxEvent.objects.count() == 3


def test_an_event_after_a_rolled_back_savepoint_is_not_taken_for_its_double() -> None:
    with scope(SYSTEM):
        with transaction.atomic():
            live.publish("job:1", "step")
            transaction.set_rollback(True)
        live.publish("job:1", "step")
    assert OutboxEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("topic", "kind"),
    [("", "step"), ("Job:1", "step"), ("job:", "step"), ("job:a b", "step"), ("job:1", "Step!")],
)
def test_publish_refuses_malformed_names(topic: str, kind: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        tell(topic, kind)


def test_a_batch_sends_one_event_of_each_topic_with_what_all_said() -> None:
    tell("job:1", "step", step=1)
    tell("job:2", "step", step=7)
    tell("job:1", "step", step=2)
    found = {topic: (kind, ids) for topic, _seq, kind, ids in sent()}
    assert found == {"job:1": ("step", {"step": [1, 2]}), "job:2": ("step", {"step": [7]})}
    assert sent() == []


def test_an_event_that_commits_late_with_a_smaller_id_is_sent_all_the_same() -> None:
    """Ids are given at insert, not at commit: a reader that remembers the last id loses events."""
    inserted, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with scope(SYSTEM):
                live.publish("job:1", "slow")
                inserted.set()
                assert may_commit.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert inserted.wait(10)
    tell("job:1", "fast")
    first = sent()
    may_commit.set()
    thread.join(10)
    second = sent()
    ids = dict(OutboxEvent.objects.values_list("kind", "id"))
    assert ids["slow"] < ids["fast"]
    assert ([row[2] for row in first], [row[2] for row in second]) == (["fast"], ["slow"])
    assert second[0][1] == first[0][1] + 1


def test_two_relays_at_once_send_every_event_once_with_rising_numbers() -> None:
    for number in range(40):
        tell(f"job:{number % 4}", "step", step=number)
    found: list[tuple[str, int, str, dict[str, Any]]] = []

    def work() -> None:
        try:
            while rows := sent():
                found.extend(rows)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    steps = sorted(step for row in found for step in row[3]["step"])
    assert steps == list(range(40))
    assert len({(row[0], row[1]) for row in found}) == len(found)


def test_the_relay_sends_within_a_second(ear: Ear) -> None:
    with relay_running():
        began = time.monotonic()
        tell(step=1)
        message = ear.wait(1)[0]
        assert time.monotonic() - began < 1.0
    assert (message["kind"], message["ids"]) == ("step", {"step": [1]})


@contextlib.contextmanager
def silent_server() -> Iterator[tuple[int, threading.Event]]:
    """A server that takes connections and never says a word; its port, and whether one came."""
    came, taken = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            with contextlib.suppress(OSError):
                taken.append(server.accept()[0])
                came.set()

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield server.getsockname()[1], came
        finally:
            for one in taken:
                one.close()
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def test_a_mail_server_that_says_nothing_holds_up_no_event(
    people_committed: People, settings: Settings, ear: Ear
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = "127.0.0.1", 60
    with silent_server() as (port, came):
        settings.EMAIL_PORT = port
        with relay_running():
            with scope(SYSTEM):
                alice = [people_committed.alice.user.pk]
                notify(kind=REMOVED.code, users=alice, params={"tenant": "Vision", "who": "Bob"})
            assert came.wait(20)  # from here on the mail hangs
            began = time.monotonic()
            tell(step=1)
            ear.wait(1)
            assert time.monotonic() - began < 5.0


def test_a_revocation_goes_to_the_sockets_themselves() -> None:
    found = Ear("user.7.revoked")
    try:
        with relay_running():
            with scope(SYSTEM):
                live.revoke(7)
            assert found.wait(1)[0]["type"] == "live.revoked"
    finally:
        found.end()


def test_the_relay_comes_back_after_its_database_connection_is_killed(ear: Ear) -> None:
    with relay_running():
        tell(step=1)
        ear.wait(1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l WHERE locktype ="
                " 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname ="
                " current_database()) AND objsubid = 1 AND ((classid::bigint << 32) |"
                " objid::bigint) = %s",
                [relay_module.LOCK],
            )
            killed = cursor.fetchone()
        assert killed == (1,)
        tell(step=2)
        found = ear.wait(2, 15)
    assert {"step": [2]} in [message["ids"] for message in found]


def test_what_was_numbered_but_not_sent_is_told_by_the_next_relay(ear: Ear) -> None:
    tell(step=1)
    assert len(sent()) == 1  # numbered and committed; then the process died
    with relay_running():
        message = ear.wait(1)[0]
    assert (message["kind"], message["ids"]) == ("changed", {})
    assert message["seq"] == LiveTopic.objects.get(pk="job:1").seq


def test_what_redis_did_not_take_is_told_once_it_is_back(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = relay_module.get_channel_layer()
    broken = threading.Event()
    tried = threading.Event()

    class Flaky:
        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            if broken.is_set():
                tried.set()
                raise ConnectionError("redis is away")
            await real.group_send(group, message)

    monkeypatch.setattr(relay_module, "get_channel_layer", Flaky)
    with relay_running():
        broken.set()
        tell(step=1)
        assert tried.wait(10)
        broken.clear()
        message = ear.wait(1)[0]
    assert message["seq"] == LiveTopic.objects.get(pk="job:1").seq


def test_a_redis_that_says_nothing_holds_nobody_up(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = relay_module.get_channel_layer()
    silent = threading.Event()
    silent.set()

    class Silent:
        async def group_send(self, group: str, message: dict[str, Any]) -> None:
            if silent.is_set():
                await asyncio.sleep(3600)
            await real.group_send(group, message)

    monkeypatch.setattr(relay_module, "get_channel_layer", Silent)
    monkeypatch.setattr(relay_module, "SEND_SECONDS", 0.2)
    with relay_running():
        tell(step=1)
        outbox_drain()
        silent.clear()
        message = ear.wait(1)[0]
    assert message["seq"] == LiveTopic.objects.get(pk="job:1").seq


def test_a_second_relay_waits_for_the_first(ear: Ear) -> None:
    with relay_running(), relay_running():
        tell(step=1)
        ear.wait(1)
        time.sleep(1.0)
    assert len(ear.messages) == 1


def test_the_relay_says_that_it_is_alive() -> None:
    with relay_running():
        for _try in range(100):
            if Heartbeat.objects.filter(name="relay").exists():
                break
            time.sleep(0.05)
    assert Heartbeat.objects.filter(name="relay").exists()


def test_trim_forgets_old_events_and_topics_and_numbers_go_on_rising() -> None:
    tell("job:1")
    (first,) = sent()
    later = timezone.now() + timedelta(days=8)
    chassis_trim(later)
    assert (OutboxEvent.objects.count(), LiveTopic.objects.count()) == (0, 0)
    tell("job:1")
    (second,) = sent()
    assert second[1] > first[1]


def test_trim_keeps_what_has_not_been_sent() -> None:
    tell("job:1")
    chassis_trim(timezone.now() + timedelta(days=8))
    assert OutboxEvent.objects.count() == 1
