"""How often one may ask: counted together in Redis, alone while it is away."""

from __future__ import annotations

from functools import partial

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from portal.api import throttles
from portal.api.throttles import Counter, LocalWindow
from tests.people import People
from tests.portal.calls import Api
from tests.portal.together import together

pytestmark = pytest.mark.django_db
BODY = {"tenant": "vision", "name": "quay-1", "count": 3}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in throttles._redis().scan_iter("berth:rate:*"):
        throttles._redis().delete(key)
    monkeypatch.setattr(throttles, "counter", Counter())
    monkeypatch.setattr(throttles, "WRITES_A_WINDOW", 3)
    monkeypatch.setattr(throttles, "READS_A_WINDOW", 5)
    monkeypatch.setattr(throttles, "WINDOW_SECONDS", 3600)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        throttles, "_redis", partial(Redis.from_url, "redis://127.0.0.1:1/0", socket_timeout=0.2)
    )


def test_beyond_the_limit_is_429_and_says_when(api: Api) -> None:
    statuses = [api("POST", "berths/", BODY | {"name": f"q{n}"}).status_code for n in range(4)]
    assert statuses == [201, 201, 201, 429]
    answer = api("POST", "berths/", BODY)
    assert answer.json()["code"] == "too-many-requests"
    assert 0 < int(answer["Retry-After"]) <= 3601


def test_reads_and_writes_of_two_people_are_four_counts(berths: None, people: People) -> None:
    alice, bob = Api(people.alice.client()), Api(people.bob.client())
    for _again in range(5):
        assert alice("GET", "berths/").status_code == 200
    assert alice("GET", "berths/").status_code == 429
    assert alice("POST", "berths/", BODY).status_code == 201
    assert bob("GET", "berths/").status_code == 200


def test_reads_go_on_and_writes_are_still_counted_while_redis_is_away(away: None, api: Api) -> None:
    assert {api("GET", "berths/").status_code for _ in range(12)} == {200}
    statuses = [api("POST", "berths/", BODY | {"name": f"q{n}"}).status_code for n in range(4)]
    assert statuses == [201, 201, 201, 429]


def test_redis_is_left_alone_for_a_while_after_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def broken() -> Redis:
        asked.append(1)
        raise RedisConnectionError

    monkeypatch.setattr(throttles, "_redis", broken)
    counter = Counter()
    assert [counter.add("x") for _ in range(3)] == [(1, False), (2, False), (3, False)]
    assert len(asked) == 1


def test_many_at_once_are_all_counted_and_the_counter_ends_by_itself() -> None:
    counter = Counter()
    counts = together(*[lambda: counter.add("crowd")] * 20)
    assert sorted(counts) == [(number, True) for number in range(1, 21)]
    (key,) = throttles._redis().scan_iter("berth:rate:crowd:*")
    assert 0 < throttles._redis().ttl(key) <= 2 * throttles.WINDOW_SECONDS


def test_a_local_window_begins_anew() -> None:
    window = LocalWindow()
    assert [window.add("a", now) for now in (0.0, 1.0, 2.0)] == [1, 2, 3]
    assert window.add("a", 3600.0) == 1
