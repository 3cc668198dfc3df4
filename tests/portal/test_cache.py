"""The cache: shared by processes, careful with what else lives in Redis, harmless without it."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import Client
from redis import Redis

from portal.cache import SharedCache
from tests.people import People
from tests.portal.servers import uvicorn_running

TRIES = 5  # failed ones, in five minutes, for one name
TOO_MANY = "Too many failed login attempts"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


def process_cache(**changes: Any) -> SharedCache:
    """The cache as another process would make it."""
    given: dict[str, Any] = {**settings.CACHES["default"], **changes}
    return SharedCache(given.pop("LOCATION"), given)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers where Redis should be."""
    gone = process_cache(LOCATION="redis://127.0.0.1:1/0")
    for name in ("_shared", "_local", "_away_until"):
        monkeypatch.setattr(caches["default"], name, getattr(gone, name))


def test_what_one_process_stores_another_reads() -> None:
    one, other = process_cache(), process_cache()
    one.set("shared", [1.5, 2.5], 60)
    assert other.get("shared") == [1.5, 2.5]
    assert not other.add("shared", True, 60)
    assert other.touch("shared", 30)
    assert other.delete("shared")
    assert one.get("shared", "gone") == "gone"


def test_values_are_data_and_no_code() -> None:
    redis: Any = Redis.from_url(settings.CACHES["default"]["LOCATION"])
    process_cache().set("plain", [1.5], 60)
    assert redis.get("berth:cache:1:plain") == b"[1.5]"
    with pytest.raises(TypeError):
        process_cache().set("object", object(), 60)


def test_forgetting_leaves_alone_what_is_not_the_caches() -> None:
    redis: Any = Redis.from_url(settings.CACHES["default"]["LOCATION"])
    redis.set("berth:other", "stays", ex=60)
    process_cache().set("mine", 1, 60)
    process_cache().clear()
    assert process_cache().get("mine") is None
    assert redis.get("berth:other") == b"stays"


def test_without_redis_a_process_counts_for_itself() -> None:
    alone = process_cache(LOCATION="redis://127.0.0.1:1/0")
    alone.clear()
    assert alone.add("count", 1, 60)
    assert not alone.add("count", 1, 60)
    assert alone.get("count") == 1


@pytest.mark.django_db
def test_people_can_sign_in_while_redis_is_away(people: People, away: None) -> None:
    answer = Client().post("/accounts/login/", {"login": "alice", "password": "quay-crane-lantern"})
    assert answer.status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
def test_failed_attempts_count_over_all_web_processes(
    people_committed: People, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        servers = [
            stack.enter_context(uvicorn_running(tmp_path / f"log-{n}", BERTH_DEBUG="1"))
            for n in range(2)
        ]
        host = f"127.0.0.1:{servers[0].port}"  # as a proxy before both would hand it on
        origins = [server.origin for server in servers]
        pages = [sign_in(origins[n % 2], host, "alice", "wrong") for n in range(TRIES)]
        assert not any(TOO_MANY in page for page in pages)
        for origin in origins:
            assert TOO_MANY in sign_in(origin, host, "alice", "quay-crane-lantern")
        assert TOO_MANY not in sign_in(origins[0], host, "bob", "wrong")


def sign_in(origin: str, host: str, name: str, password: str) -> str:
    """Send the form as a browser without a past would; the page that comes back."""
    with httpx.Client(base_url=origin, headers={"Host": host}) as client:
        form = TOKEN.search(client.get("/accounts/login/").text)
        assert form
        data = {"login": name, "password": password, "csrfmiddlewaretoken": form[1]}
        return client.post("/accounts/login/", data=data).text
