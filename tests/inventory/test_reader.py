"""The reflector on a real control plane, and against the faults that one can't make."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from deploy.testbed import ApiClient, Bed
from inventory.k8s.client import ClusterClient
from inventory.k8s.connection import Connection, Credential
from inventory.k8s.errors import Unreachable
from inventory.k8s.messages import Seen
from tests.inventory import objects
from tests.inventory.conftest import LOOPBACK, bed_client, bed_connection, patient, wait_until
from tests.inventory.faults import FaultServer, Proxy, chunks, fault_server, half, plain
from tests.inventory.mirror import QUICK, Heard, reflecting

SPACES = "/api/v1/namespaces"
bed_test = pytest.mark.bed


@pytest.fixture
def tester(bed: Bed) -> ApiClient:
    return bed.client("tester")


@pytest.fixture
def proxy(bed: Bed) -> Iterator[Proxy]:
    made = Proxy(int(bed.server.rpartition(":")[2]))
    yield made
    made.close()


def space_create(client: ApiClient, name: str) -> None:
    meta = {"name": name}
    client.create(SPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": meta})


def same_as_the_cluster(heard: Heard, client: ApiClient, path: str) -> bool:
    items = client.get(path)["items"]
    found = {i["metadata"]["uid"]: i["metadata"]["resourceVersion"] for i in items}
    return found == heard.objects


@bed_test
def test_what_comes_changes_and_goes_is_heard_of(bed: Bed, tester: ApiClient) -> None:
    with reflecting("namespaces", bed_client(bed, "tester")) as heard:
        wait_until(lambda: heard.watches)
        space_create(tester, "come-and-go")
        wait_until(lambda: heard.has("come-and-go"))
        tester.merge(f"{SPACES}/come-and-go", {"metadata": {"labels": {"a": "b"}}})
        wait_until(lambda: same_as_the_cluster(heard, tester, SPACES))
        tester.delete(f"{SPACES}/come-and-go")
        wait_until(lambda: not heard.has("come-and-go"), seconds=30)
        assert len(heard.lists) == 1


@bed_test
def test_a_long_list_comes_in_pages(bed: Bed) -> None:
    timing = replace(QUICK, page_limit=2)
    with reflecting("namespaces", bed_client(bed, "tester"), timing=timing) as heard:
        wait_until(lambda: heard.watches)
        assert len(heard.lists[0].records) >= 5


@bed_test
def test_a_watch_that_ends_goes_on_where_it_was(bed: Bed, tester: ApiClient) -> None:
    timing = replace(QUICK, watch_from=1.0, watch_to=1.5)
    with reflecting("namespaces", bed_client(bed, "tester"), timing=timing) as heard:
        wait_until(lambda: heard.watches >= 3)
        space_create(tester, "between")
        wait_until(lambda: heard.has("between"))
        assert len(heard.lists) == 1
    tester.delete(f"{SPACES}/between")


@bed_test
def test_a_restart_of_ours_goes_on_without_a_list(bed: Bed, tester: ApiClient) -> None:
    client = bed_client(bed, "tester")
    with reflecting("namespaces", client) as before:
        wait_until(lambda: before.watches)
    space_create(tester, "meanwhile")
    with reflecting("namespaces", client, version=before.version) as after:
        wait_until(lambda: after.has("meanwhile"))
        assert after.lists == []
    tester.delete(f"{SPACES}/meanwhile")


@bed_test
def test_a_relist_comes_by_itself(bed: Bed, tester: ApiClient) -> None:
    timing = replace(QUICK, watch_from=1.0, watch_to=1.5, relist_seconds=1.0)
    with reflecting("namespaces", bed_client(bed, "tester"), timing=timing) as heard:
        wait_until(lambda: len(heard.lists) >= 2)
        assert [m.planned for m in heard.lists[:2]] == [False, True]


@bed_test
def test_a_silent_socket_is_noticed_and_nothing_is_lost(
    bed: Bed, tester: ApiClient, proxy: Proxy
) -> None:
    timing = replace(QUICK, watch_from=300.0, watch_to=300.0)
    client = bed_client(bed, "tester", server=proxy.url)
    with reflecting("namespaces", client, timing=timing) as heard:
        wait_until(lambda: heard.watches)
        assert proxy.freeze() >= 1
        space_create(tester, "unheard")
        began = time.monotonic()
        wait_until(lambda: heard.has("unheard"), seconds=15)
        assert time.monotonic() - began < timing.silence_seconds + 3
        assert len(heard.lists) == 1
    tester.delete(f"{SPACES}/unheard")


@bed_test
def test_a_cut_connection_is_taken_up_again(bed: Bed, tester: ApiClient, proxy: Proxy) -> None:
    client = bed_client(bed, "tester", server=proxy.url)
    with reflecting("namespaces", client) as heard:
        wait_until(lambda: heard.watches)
        proxy.cut()
        space_create(tester, "after-cut")
        wait_until(lambda: heard.has("after-cut"))
    tester.delete(f"{SPACES}/after-cut")


@bed_test
@pytest.mark.timeout(300)
def test_a_killed_api_server_is_waited_for(bed: Bed) -> None:
    with reflecting("namespaces", bed_client(bed, "tester")) as heard:
        wait_until(lambda: heard.watches)
        bed.kill("apiserver")
        wait_until(lambda: ("backoff", "cluster-unreachable") in heard.phases)
        time.sleep(2)
        failures = sum(phase == "backoff" for phase, _code in heard.phases)
        assert failures < 30
        bed.start("apiserver")
        tester = bed.client("tester")
        space_create(tester, "after-kill")
        wait_until(lambda: heard.has("after-kill"), seconds=60)
        wait_until(lambda: same_as_the_cluster(heard, tester, SPACES))
    tester.delete(f"{SPACES}/after-kill")


@bed_test
@pytest.mark.timeout(300)
def test_a_version_that_is_gone_comes_as_an_event_and_is_read_anew(
    bed: Bed, tester: ApiClient
) -> None:
    """Without its watch cache the server answers 200 and an ERROR event of code 410."""
    old = tester.get(SPACES)["metadata"]["resourceVersion"]
    bed.stop("apiserver")
    bed.start("apiserver", extra_arguments=["--watch-cache=false", "--etcd-compaction-interval=2s"])
    try:
        for n in range(4):
            space_create(bed.client("tester"), f"later-{n}")
            time.sleep(2.5)
        with reflecting("namespaces", bed_client(bed, "tester"), version=old) as heard:
            wait_until(lambda: ("backoff", "cluster-gone") in heard.phases)
            wait_until(lambda: same_as_the_cluster(heard, bed.client("tester"), SPACES))
            assert len(heard.lists) == 1
    finally:
        bed.stop("apiserver")
        bed.start("apiserver", extra_arguments=[])
    for n in range(4):
        bed.client("tester").delete(f"{SPACES}/later-{n}")


@bed_test
def test_a_version_of_the_future_is_given_up(bed: Bed, tester: ApiClient) -> None:
    """After a restore a cluster counts from lower; a watch from our version would hear nothing."""
    with reflecting("namespaces", bed_client(bed, "tester"), version="999999999") as heard:
        wait_until(lambda: heard.lists, seconds=20)
        wait_until(lambda: same_as_the_cluster(heard, tester, SPACES))
        assert int(heard.version) < 999999999


@bed_test
def test_a_busy_server_is_obeyed(bed: Bed, tester: ApiClient) -> None:
    """The real answer of a server that is full: 429, plain text, Retry-After 1."""
    arguments = ["--enable-priority-and-fairness=false", "--max-requests-inflight=1"]
    bed.stop("apiserver")
    bed.start("apiserver", extra_arguments=[*arguments, "--max-mutating-requests-inflight=1"])
    stop = threading.Event()

    def press() -> None:
        client = bed.client("second")
        while not stop.is_set():
            try:
                client.get("/api/v1/nodes", resourceVersion="0")
            except Exception:  # noqa: BLE001, S112 (429 is what is wanted here)
                continue

    crowd = [threading.Thread(target=press, daemon=True) for _ in range(6)]
    try:
        for presser in crowd:
            presser.start()
        with reflecting("namespaces", bed_client(bed, "tester")) as heard:
            wait_until(lambda: heard.watches, seconds=60)
            stop.set()
            wait_until(lambda: same_as_the_cluster(heard, bed.client("admin"), SPACES))
    finally:
        stop.set()
        for presser in crowd:
            presser.join(10)
        bed.stop("apiserver")
        bed.start("apiserver", extra_arguments=[])


@bed_test
def test_a_missing_right_is_said_and_tried_again(bed: Bed) -> None:
    with reflecting("namespaces", bed_client(bed, "guest")) as heard:
        wait_until(lambda: heard.phases.count(("forbidden", "cluster-forbidden")) >= 2)
        assert heard.lists == []


@bed_test
def test_an_expired_token_is_replaced(bed: Bed) -> None:
    connection = bed_connection(bed, "tester")
    bad = msgspec.structs.replace(connection, credential=Credential(token="expired"))
    clients = [ClusterClient(c, policy=LOOPBACK, pace=patient()) for c in (bad, connection)]
    asked: list[ClusterClient | None] = []

    def renew(failed: ClusterClient | None) -> ClusterClient:
        asked.append(failed)
        return clients[0] if failed is None else clients[1]

    with reflecting("namespaces", renew) as heard:
        wait_until(lambda: heard.watches)
    assert asked == [None, clients[0]]
    assert ("backoff", "credential-expired") in heard.phases


def spaces(version: str, *names: str, more: str = "") -> bytes:
    items = [objects.namespace(name, "open") for name in names]
    for item in items:
        item["metadata"] |= {"uid": item["metadata"]["name"], "resourceVersion": version}
    meta = {"resourceVersion": version, "continue": more}
    return msgspec.json.encode({"metadata": meta, "items": items})


def event(kind: str, version: str, name: str = "x") -> bytes:
    obj: dict[str, Any] = {"metadata": {"uid": name, "name": name, "resourceVersion": version}}
    return msgspec.json.encode({"type": kind, "object": obj}) + b"\n"


GONE = msgspec.json.encode(
    {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
)
END = chunks(then=lambda: time.sleep(30))


def client_of(server: FaultServer) -> ClusterClient:
    connection = Connection(
        server=server.url,
        ca_pem=server.ca_pem,
        credential=Credential(token="t"),
        connect_seconds=1,
        read_seconds=1,
    )
    return ClusterClient(connection, policy=LOOPBACK, pace=patient(), sleep=lambda _seconds: None)


def scripted(*answers: Any, timing: Any = QUICK, **start: Any) -> tuple[Heard, list[str]]:
    """Run against scripted answers until the last one is reached."""
    with (
        fault_server(*answers, END) as server,
        reflecting("namespaces", client_of(server), timing=timing, **start) as heard,
    ):
        wait_until(lambda: len(server.requests) > len(answers))
    return heard, server.requests


@pytest.mark.parametrize(("ago", "lists"), [(0.0, 0), (4 * 3600.0, 0), (8 * 3600.0, 1), (None, 1)])
def test_a_relist_counts_from_the_last_list_also_over_restarts(
    ago: float | None, lists: int
) -> None:
    answers = [plain(200, spaces("9", "a")), plain(200, spaces("9", "a"))][: 1 + lists]
    heard, requests = scripted(*answers, version="5", listed_seconds_ago=ago)
    assert "limit=1 " in requests[0].splitlines()[0]
    assert len(heard.lists) == lists
    assert not any(m.planned for m in heard.lists), "nothing was watched since the restart"
    assert "watch=true" in requests[-1].splitlines()[0]


def test_a_list_whose_token_expired_begins_anew() -> None:
    heard, requests = scripted(
        plain(200, spaces("5", "a", more="token")),
        plain(410, b'{"reason":"Expired"}'),
        plain(200, spaces("6", "a", "b")),
    )
    assert [sorted(r.name for r in m.records) for m in heard.lists] == [["a", "b"]]
    assert "continue=" not in requests[2].splitlines()[0]


def test_a_list_that_expires_twice_is_taken_whole_from_the_cache() -> None:
    first = plain(200, spaces("5", "a", more="token"))
    gone = plain(410, b"{}")
    heard, requests = scripted(first, gone, first, gone, plain(200, spaces("7", "a", "c")))
    assert heard.has("c")
    assert "resourceVersion=0" in requests[4].splitlines()[0]
    assert "limit" not in requests[4].splitlines()[0]


def test_410_as_a_status_lists_again() -> None:
    heard, _requests = scripted(
        plain(200, spaces("5", "a")), plain(410, b"{}"), plain(200, spaces("9", "b"))
    )
    assert sorted(heard.names.values()) == ["b"]


def test_410_as_an_event_lists_again() -> None:
    heard, _requests = scripted(
        plain(200, spaces("5", "a")),
        chunks(event("ADDED", "6", "n"), GONE + b"\n"),
        plain(200, spaces("9", "b")),
    )
    assert sorted(heard.names.values()) == ["b"]
    assert [m.planned for m in heard.lists] == [False, False]


def test_a_time_out_that_is_answered_is_no_silence() -> None:
    late = b'{"type":"ERROR","object":{"code":504,"reason":"Timeout"}}\n'
    heard, _requests = scripted(plain(200, spaces("5", "a")), chunks(late), plain(200, spaces("5")))
    assert ("backoff", "cluster-timed-out") in heard.phases


def test_watches_that_end_at_once_are_not_opened_in_a_loop() -> None:
    with fault_server(plain(200, spaces("5", "a")), chunks()) as server:
        with reflecting("namespaces", client_of(server)) as heard:
            wait_until(lambda: heard.watches > 2)
            time.sleep(2)
        assert len(server.requests) < 30
    assert len(heard.lists) == 1
    assert ("backoff", "") not in heard.phases, "the cluster answers"


def test_waits_grow_no_further_than_they_can_be_counted() -> None:
    def refuse(_failed: ClusterClient | None) -> ClusterClient:
        raise Unreachable

    timing = replace(QUICK, backoff_seconds=0.0001, backoff_cap_seconds=0.0001)
    with reflecting("namespaces", refuse, timing=timing) as heard:
        wait_until(lambda: len(heard.phases) > 1100)


def test_a_bookmark_moves_the_version_on() -> None:
    _heard, requests = scripted(plain(200, spaces("5")), chunks(event("BOOKMARK", "77")))
    assert "resourceVersion=77" in requests[2].splitlines()[0]
    assert "allowWatchBookmarks=true" in requests[1].splitlines()[0]


def test_half_an_event_is_not_believed() -> None:
    heard, requests = scripted(
        plain(200, spaces("5")),
        chunks(event("ADDED", "6", "whole"), b'{"type":"ADDED","object":{"metadata"'),
        chunks(event("ADDED", "7", "again")),
    )
    assert heard.has("whole")
    assert "resourceVersion=6" in requests[2].splitlines()[0]
    assert len(heard.lists) == 1


def test_an_object_that_can_not_be_read_is_passed_over() -> None:
    odd = b'{"type":"ADDED","object":{"metadata":{"uid":7,"resourceVersion":"6"}}}\n'
    heard, _requests = scripted(plain(200, spaces("5")), chunks(odd, event("ADDED", "7", "good")))
    assert heard.has("good")
    assert [m.version for m in heard.messages if isinstance(m, Seen)] == ["7"]


def test_what_a_list_has_and_can_not_be_read_is_said() -> None:
    page = b'{"metadata":{"resourceVersion":"5","continue":"%b"},"items":[%b]}'
    heard, _requests = scripted(
        plain(200, page % (b"more", b'{"metadata":{"uid":"odd","labels":3}}')),
        plain(200, page % (b"", b'{"metadata":{"uid":"good"}}')),
    )
    (found,) = heard.lists
    assert ([r.uid for r in found.records], found.unreadable) == (["good"], {"odd"})


def test_nonsense_is_backed_off_from() -> None:
    heard, _requests = scripted(
        plain(200, b"{"), half(spaces("5")), plain(500, b"oops"), plain(200, spaces("6", "a"))
    )
    assert heard.has("a")


def test_stopping_wakes_a_waiting_read() -> None:
    began = time.monotonic()
    with fault_server(plain(200, spaces("5")), END) as server:
        connection = Connection(
            server=server.url, ca_pem=server.ca_pem, credential=Credential(token="t")
        )
        client = ClusterClient(connection, policy=LOOPBACK, pace=patient())
        slow = replace(QUICK, silence_seconds=60.0, watch_from=60.0, watch_to=60.0)
        with reflecting("namespaces", client, timing=slow) as heard:
            wait_until(lambda: heard.watches)
    assert time.monotonic() - began < 10
