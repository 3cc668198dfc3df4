"""What stands around every request: its id, its body's size, its transaction."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client

from portal.models import JobRun
from portal.scope import scope
from portal.viewer import Viewer
from tests.people import People

SYSTEM = Viewer.system("tests")
HTMX = {"HX-Request": "true"}


def kept() -> list[str]:
    with scope(SYSTEM):
        return list(JobRun.objects.values_list("key", flat=True))


@pytest.fixture
def alice(berths: None, people_committed: People) -> Client:
    client = people_committed.alice.client()
    client.raise_request_exception = False
    return client


committed = pytest.mark.django_db(transaction=True)


@committed
def test_a_page_that_answers_is_kept(alice: Client) -> None:
    assert alice.get("/try/fine").status_code == 200
    assert kept() == ["fine"]


@committed
@pytest.mark.parametrize(
    ("page", "status"),
    [("broken", 500), ("answers", 500), ("refuses", 422), ("database", 500)],
)
def test_a_page_that_fails_keeps_nothing(alice: Client, page: str, status: int) -> None:
    answer = alice.get(f"/try/{page}")
    assert answer.status_code == status
    assert kept() == []


@committed
@pytest.mark.parametrize(
    ("page", "status"),
    [("broken", 500), ("refuses", 422), ("database", 500), ("unavailable", 503), ("nowhere", 404)],
)
def test_an_error_page_names_the_request(alice: Client, page: str, status: int) -> None:
    for headers in ({}, HTMX):
        answer = alice.get(f"/try/{page}", headers=headers)
        assert answer.status_code == status
        assert answer["X-Request-Id"] in answer.content.decode()
        assert "RuntimeError" not in answer.content.decode()


@committed
def test_something_that_may_heal_says_when_to_come_back(alice: Client) -> None:
    assert alice.get("/try/unavailable")["Retry-After"] == "5"
    assert not alice.get("/try/refuses").has_header("Retry-After")


@committed
def test_every_request_sees_the_rows_of_its_own_viewer(
    berths: None, people_committed: People
) -> None:
    with scope(SYSTEM):
        for key in ("vision", "speech"):
            JobRun.objects.create(
                kind="x", key=key, tenant_key=key, queue="report", requested_by_label="t"
            )
    counts = {
        name: getattr(people_committed, name).client().get("/try/count").content.decode()
        for name in ("alice", "charlie", "operator")
    }
    assert counts == {"alice": "1", "charlie": "1", "operator": "2"}
    assert Client().get("/try/count").content == b"0"


@committed
def test_a_stream_is_sent_outside_of_the_transaction(alice: Client) -> None:
    answer = alice.get("/try/stream")
    assert b"".join(answer.streaming_content) == b"ab"  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_request_id_is_taken_over_only_when_harmless(client: Client) -> None:
    taken = client.get("/live", headers={"X-Request-Id": "proxy-0123456"})
    assert taken["X-Request-Id"] == "proxy-0123456"
    for bad in ("short", "x" * 65, "a b c d e f g", "<script>alert(1)", "drop\ttable-1"):
        own = client.get("/live", headers={"X-Request-Id": bad})["X-Request-Id"]
        assert re.fullmatch(r"[0-9a-f]{32}", own)


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["2097153", "99999999999", "-1", "many"])
def test_a_body_announced_as_too_large_is_413(client: Client, length: str) -> None:
    answer = client.post(
        "/accounts/login/", b"x", content_type="text/plain", headers={"Content-Length": length}
    )
    assert answer.status_code == 413
    problem = client.post(
        "/api/v1/notices/read-all/", b"x", "application/json", headers={"Content-Length": length}
    )
    assert (problem.status_code, problem.json()["code"]) == (413, "body-too-large")
    assert problem["Content-Type"] == "application/problem+json"
    assert "Content-Security-Policy" in problem


@pytest.mark.django_db
def test_a_body_of_just_the_limit_is_read(client: Client) -> None:
    body = b" " * django_settings.BODY_LIMIT_BYTES
    answer = client.post("/api/v1/notices/read-all/", body, "application/json")
    assert answer.status_code == 401


@pytest.mark.django_db
def test_errors_outside_of_views_are_problems_for_programs(client: Client) -> None:
    answer = client.get("/api/v1/nowhere/")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"
    assert answer.json()["request_id"] == answer["X-Request-Id"]
