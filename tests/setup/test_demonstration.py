"""The demonstration as a newcomer meets it: bin/start with nothing said, and after a power cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tenants.demo_day import PULSE
from tests.setup.start_process import Start, wait_until

pytestmark = [pytest.mark.storm, pytest.mark.timeout(900)]
FIRST_SECONDS = 420  # the README promises six minutes on a busy machine
LOOK_SECONDS = 90
PULSES = {word for _tenant, word, *_rest in PULSE}


@contextmanager
def signed_in(berth: Start, name: str) -> Iterator[httpx.Client]:
    """Click on an account of the sign-in page."""
    origin = f"http://127.0.0.1:{berth.port}"
    with httpx.Client(base_url=origin, trust_env=False, timeout=30) as http:
        page = http.get("/accounts/login/").text
        assert f'name="account" value="{name}"' in page
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "account": name}
        assert http.post("/demo/sign-in/", data=form).status_code == 302
        yield http


def listed(http: httpx.Client, kind: str, **query: str) -> list[dict[str, Any]]:
    """What REST lists of a kind."""
    answer = http.get(f"/api/v1/{kind}/", params=query | {"limit": "200"})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def the_one(http: httpx.Client, kind: str, **query: str) -> dict[str, Any]:
    """The only one of a kind that REST lists."""
    (found,) = listed(http, kind, **query)
    return found


def day_seen(http: httpx.Client) -> None:
    """Look at what the working day promises, as an operator does."""

    def lab() -> Any:
        return http.get("/api/v1/clusters/lab/").json()["state"]

    wait_until(lambda: lab() == "unreachable", "lab falls silent", LOOK_SECONDS)
    assert "The cluster is silent." in http.get("/ops/clusters/lab/").text
    wait_until(lambda: listed(http, "nodes", state="not-ready"), "a node is ill", LOOK_SECONDS)
    sick = the_one(http, "nodes", state="not-ready")
    assert sick["cluster"] == "north"
    assert "Not ready" in http.get(f"/ops/nodes/north/{sick['name']}/").text

    dilemma = the_one(http, "requests", tenant="speech", search="many-languages")
    assert dilemma["state"] == "submitted"
    assert dilemma["justification"] in http.get(f"/ops/queue/{dilemma['id']}/").text
    ending = the_one(http, "allocations", tenant="forecast", search="scenarios")
    left = datetime.fromisoformat(ending["until_at"]) - datetime.now(UTC)
    assert timedelta() < left < timedelta(days=1)


def kept(http: httpx.Client) -> dict[tuple[str, int], Any]:
    """Requests and allocations by number; without the small runs that come and go."""
    found: dict[tuple[str, int], Any] = {}
    for row in listed(http, "requests"):
        name = row["ask"].get("name", "")
        if name.rpartition("-")[0] not in PULSES:
            found["request", row["id"]] = (row["tenant"], row["ask"], row["state"])
    for row in listed(http, "allocations"):
        if row["name"].rpartition("-")[0] not in PULSES:
            found["allocation", row["id"]] = (row["tenant"], row["name"], row["charged"])
    return found


def test_a_working_day_stands_and_outlives_a_loss_of_power(tmp_path: Path) -> None:
    berth = Start(tmp_path / "state", demo=True)
    try:
        berth.wait_ready(FIRST_SECONDS)
        with signed_in(berth, "operator") as http:
            day_seen(http)
            before = kept(http)
        assert {kind for kind, _number in before} == {"request", "allocation"}
        berth.kill()
    finally:
        berth.close()

    again = Start(tmp_path / "state", demo=True)
    try:
        again.wait_ready()
        with signed_in(again, "operator") as http:
            assert kept(http) == before
            day_seen(http)
    finally:
        again.close()
