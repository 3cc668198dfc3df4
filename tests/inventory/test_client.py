"""The client against a server that misbehaves: every fault is a ClusterError in good time."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from inventory.k8s import errors
from inventory.k8s.client import ClusterClient, TransactionOpen
from inventory.k8s.connection import Connection, Credential
from inventory.k8s.pace import Breaker, Bucket, Pace
from portal import faults
from portal.outbound import OutboundPolicy
from tests.inventory.certificates import Authority
from tests.inventory.conftest import LOOPBACK, patient
from tests.inventory.faults import (
    FaultServer,
    chunks,
    dripping,
    fault_server,
    half,
    plain,
    silent,
)

BUSY = plain(429, b"Too many requests, please try again later.", "Retry-After: 1\r\n")


def client_of(fault: FaultServer, **changes: Any) -> ClusterClient:
    """A client in a hurry."""
    sleeps: list[float] = changes.pop("sleeps", [])
    pace = changes.pop("pace", None) or patient()
    policy = changes.pop("policy", LOOPBACK)
    values: dict[str, Any] = {
        "server": fault.url,
        "ca_pem": fault.ca_pem,
        "credential": Credential(token="t0ken"),
        "connect_seconds": 1.0,
        "read_seconds": 0.5,
        "total_seconds": 1.0,
    }
    return ClusterClient(
        Connection(**values | changes),
        policy=policy,
        pace=pace,
        guard=lambda: None,
        sleep=sleeps.append,
    )


def test_a_busy_server_is_asked_again_after_the_time_it_named() -> None:
    sleeps: list[float] = []
    with fault_server(BUSY, plain(200, b'{"a": 1}')) as server:
        assert client_of(server, sleeps=sleeps).get("/x") == {"a": 1}
    assert len(server.requests) == 2
    assert sleeps[0] >= 1.0


def test_a_server_that_stays_busy_is_left_in_peace() -> None:
    with fault_server(BUSY) as server, pytest.raises(errors.TooManyRequests) as caught:
        client_of(server).get("/x")
    assert len(server.requests) == 3
    assert caught.value.retry_after == 1.0
    assert caught.value.extra["retry_after"] == 1.0


def test_a_write_is_never_sent_twice() -> None:
    for answer in (BUSY, plain(503, b""), half(b"{"), silent(2)):
        with fault_server(answer) as server, pytest.raises(errors.ClusterError) as caught:
            client_of(server).request("POST", "/x", body={"a": 1})
        assert len(server.requests) == 1
        assert not caught.value.permanent


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (half(b'{"items": ['), errors.Unreachable),
        (plain(200, b'{"items": ['), errors.ServerFault),
        (plain(200, b"[]"), errors.ServerFault),
        (plain(200, b"x", "Content-Encoding: gzip\r\n"), errors.ServerFault),
        (silent(3), errors.Timeout),
        (dripping(3), errors.Timeout),
        (plain(500, b"<html>"), errors.ServerFault),
    ],
    ids=["half", "broken", "list", "gzip", "silent", "drip", "html"],
)
def test_a_broken_answer_is_an_error_that_may_heal(answer: Any, kind: type[Exception]) -> None:
    began = time.monotonic()
    with fault_server(answer) as server, pytest.raises(kind) as caught:
        client_of(server).get("/x")
    assert time.monotonic() - began < 8
    assert isinstance(caught.value, errors.ClusterError)
    assert not caught.value.permanent


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * (70 * 1024 * 1024))
    with (
        fault_server(plain(200, bomb, "Content-Encoding: gzip\r\n")) as server,
        pytest.raises(errors.AnswerTooLarge),
    ):
        client_of(server, read_seconds=5.0, total_seconds=30.0).get("/x")


def test_a_redirect_is_not_followed() -> None:
    away = plain(302, b"", "Location: https://169.254.169.254/latest/meta-data\r\n")
    for call in (
        lambda client: client.get("/x"),
        lambda client: client.request("POST", "/x", body={}),
    ):
        with fault_server(away) as server, pytest.raises(errors.ClusterError):
            call(client_of(server))
        assert len(server.requests) == 1


def test_a_server_with_another_authority_is_not_trusted() -> None:
    for ca_pem in (Authority().pem, ""):
        with fault_server(plain(200)) as server, pytest.raises(errors.Untrusted) as caught:
            client_of(server, ca_pem=ca_pem).get("/x")
        assert server.requests == []
        assert caught.value.permanent


def test_a_certificate_must_name_the_server() -> None:
    anywhere = OutboundPolicy(["127.0.0.0/8"], resolver=lambda _h, _p: ["127.0.0.1"])
    with fault_server(plain(200), host="api.example") as server:
        port = server.url.rpartition(":")[2]
        good = client_of(server, server=f"https://api.example:{port}", policy=anywhere)
        assert good.get("/x") == {}
        assert f"Host: api.example:{port}" in server.requests[0]
        named = client_of(server, server=f"https://10.0.0.1:{port}", policy=anywhere)
        with pytest.raises(errors.Untrusted):
            named.get("/x")
        told = client_of(
            server,
            server=f"https://10.0.0.1:{port}",
            tls_server_name="api.example",
            policy=anywhere,
        )
        assert told.get("/x") == {}


def test_a_forbidden_address_gets_no_byte() -> None:
    with fault_server(plain(200)) as server, pytest.raises(errors.Unreachable) as caught:
        client_of(server, policy=OutboundPolicy()).get("/x")
    assert server.requests == []
    assert caught.value.reason == "address-refused"
    assert caught.value.permanent


def test_a_server_that_is_away_is_unreachable() -> None:
    with fault_server(plain(200)) as server:
        pass
    with pytest.raises(errors.Unreachable):
        client_of(server).get("/x")


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with fault_server(plain(200)) as server:
        client = client_of(server)
        assert client.get("/x") == {}
        assert client.request("POST", "/x", body={}) == {}


def test_reads_ask_for_gzip_and_carry_the_token() -> None:
    packed = gzip.compress(b'{"a": 1}')
    with fault_server(plain(200, packed, "Content-Encoding: gzip\r\n")) as server:
        assert client_of(server).get("/x") == {"a": 1}
    assert "Authorization: Bearer t0ken" in server.requests[0]
    assert "Accept-Encoding: gzip" in server.requests[0]


def test_lines_of_a_stream_come_whole_however_they_are_cut() -> None:
    parts = chunks(b'{"a"', b":1}\n{", b'"b":2}\n\n{"c":3}\n')
    with (
        fault_server(parts) as server,
        client_of(server).stream("/w", read_seconds=1) as lines,
    ):
        assert list(lines) == [b'{"a":1}', b'{"b":2}', b'{"c":3}']


def test_a_stream_that_falls_silent_is_a_timeout() -> None:
    with fault_server(chunks(b'{"a":1}\n', then=lambda: time.sleep(3))) as server:
        client = client_of(server)
        with client.stream("/w", read_seconds=0.3) as lines, pytest.raises(errors.Timeout):
            list(lines)


@pytest.mark.django_db
def test_no_cluster_is_called_inside_a_transaction() -> None:
    with fault_server(plain(200)) as server:
        connection = Connection(
            server=server.url, ca_pem=server.ca_pem, credential=Credential(token="t")
        )
        client = ClusterClient(connection, policy=LOOPBACK, pace=patient())
        calls: list[Callable[[], Any]] = [
            lambda: client.get("/x"),
            lambda: client.request("POST", "/x", body={}),
            lambda: client.stream("/x", read_seconds=1).__enter__(),
        ]
        with transaction.atomic():
            for call in calls:
                with pytest.raises(TransactionOpen):
                    call()
    assert server.requests == []


def test_every_call_passes_two_points() -> None:
    seen: list[tuple[str, Any]] = []
    remove = faults.install(lambda name, facts: seen.append((name, facts["verb"])))
    try:
        with fault_server(plain(200), plain(404, b"{}"), plain(200)) as server:
            client = client_of(server)
            client.get("/x")
            with pytest.raises(errors.NotFound):
                client.get("/x")
            client.request("PATCH", "/x", body={})
    finally:
        remove()
    verbs = ["GET", "GET", "PATCH"]
    assert seen == [(f"cluster.{at}", v) for v in verbs for at in ("before", "after")]


def test_a_cluster_that_is_away_is_not_asked_all_the_time() -> None:
    now = [0.0]
    pace = Pace(Bucket(per_second=1e6, burst=10**6), Breaker(clock=lambda: now[0]))
    with fault_server(plain(200)) as server:
        url = server.url
    for _try in range(5):
        with pytest.raises(errors.Unreachable):
            client_of(server, pace=pace).request("POST", "/x", body={})
    with pytest.raises(errors.Unreachable) as caught:
        client_of(server, pace=pace).request("POST", "/x", body={})
    assert caught.value.reason == "CircuitOpen"
    assert url
    now[0] = 31.0
    with fault_server(plain(200)) as again:
        assert client_of(again, pace=pace).request("POST", "/x", body={}) == {}
        assert client_of(again, pace=pace).request("POST", "/x", body={}) == {}


def test_calls_are_spread_over_time() -> None:
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    bucket = Bucket(per_second=10, burst=3, clock=lambda: now[0], sleep=sleep)
    for _call in range(13):
        bucket.take()
    assert sum(slept) == pytest.approx(1.0)


STARTING = plain(500, b"[-]poststarthook/rbac/bootstrap-roles failed: not finished")
NO = plain(403, b'{"message":"x is forbidden: User can not","reason":"Forbidden"}')


def test_a_starting_server_that_knows_no_roles_yet_is_waited_for() -> None:
    for call in (
        lambda client: client.get("/x"),
        lambda client: client.request("POST", "/x", body={}),
    ):
        with fault_server(NO, STARTING, NO, STARTING, plain(200)) as server:
            assert call(client_of(server)) == {}
        assert [r.split()[1] for r in server.requests] == ["/x", "/readyz"] * 2 + ["/x"]


def test_a_missing_right_is_said_at_once_by_a_server_that_is_ready() -> None:
    with (
        fault_server(NO, plain(200, b"ok")) as server,
        pytest.raises(errors.Forbidden) as caught,
    ):
        client_of(server).get("/x")
    assert len(server.requests) == 2
    assert caught.value.permanent


def test_a_server_that_never_gets_ready_is_a_fault_that_may_heal() -> None:
    with fault_server(*[NO, STARTING] * 40) as server, pytest.raises(errors.ServerFault):
        client_of(server).request("POST", "/x", body={})
