"""The viewer of each request and of each socket."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.scope import scope
from portal.viewer import Viewer
from tenants.addresses import client_address
from tenants.middleware import ViewerSocketMiddleware, viewer_for_session
from tenants.models import Membership, UserPreference
from tenants.services.members import member_role_change
from tenants.zones import ZONE_COOKIE
from tests.people import People, Someone


def _session_key(someone: Someone) -> str:
    return someone.client().cookies[settings.SESSION_COOKIE_NAME].value


def _connect(cookie: str) -> dict[str, Any]:
    """What a consumer below the middleware finds in its scope."""
    found: dict[str, Any] = {}

    async def consumer(inner: dict[str, Any], _receive: Any, _send: Any) -> None:
        found.update(inner)
        found["later"] = await inner["viewer_now"]()

    headers = [(b"cookie", cookie.encode())] if cookie else []
    middleware = ViewerSocketMiddleware(consumer)
    async_to_sync(middleware)({"type": "websocket", "headers": headers}, None, None)  # type: ignore[arg-type]
    return found


def test_request_has_one_query_for_its_rights(people: People) -> None:
    client = people.alice.client()
    with CaptureQueriesContext(connection) as queries:
        client.get("/api/v1/me/")
    mine = [query["sql"] for query in queries if "berth_viewer" in query["sql"]]
    assert len(mine) == 1


def test_health_answers_without_asking_who_asks(people: People) -> None:
    client = people.alice.client()
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/live").status_code == 200
    assert len(queries) == 0


def test_language_follows_the_person_until_the_browser_was_told(people: People) -> None:
    UserPreference.objects.create(user=people.bob.user, language="zh-hans")
    client = people.bob.client()
    assert b'<html lang="zh-Hans"' in client.get("/settings/").content
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert b'<html lang="en"' in client.get("/settings/").content


def test_time_zone_follows_the_person_and_no_further(people: People) -> None:
    UserPreference.objects.create(user=people.bob.user, time_zone="Asia/Shanghai")
    assert b"CST" in people.bob.client().get("/t/vision/activity/").content
    assert timezone.get_current_timezone_name() == "UTC"
    assert b"CST" not in people.alice.client().get("/t/vision/activity/").content


def test_time_zone_is_the_browser_s_where_none_was_chosen(people: People) -> None:
    client, page = people.bob.client(), "/t/vision/activity/"
    client.cookies[ZONE_COOKIE] = "Asia/Shanghai"
    assert b"CST" in client.get(page).content
    assert client.get("/api/v1/tenants/vision/").json()["created_at"].endswith("Z")
    client.cookies[ZONE_COOKIE] = "../../etc/passwd"
    assert b"UTC" in client.get(page).content
    client.cookies[ZONE_COOKIE] = "Asia/Shanghai"
    UserPreference.objects.create(user=people.bob.user, time_zone="UTC")
    assert b"CST" not in client.get(page).content


@pytest.mark.parametrize("header", ["Bearer x", "bearer x", "BEARER x"])
def test_bearer_is_read_in_any_case(people: People, header: str) -> None:
    answer = people.alice.client().get("/api/v1/me/", headers={"Authorization": header})
    assert answer.status_code == 401


def test_basic_authentication_is_no_token(people: People) -> None:
    answer = people.alice.client().get("/api/v1/me/", headers={"Authorization": "Basic eDp5"})
    assert answer.json()["label"] == "alice"


def test_forwarded_address_counts_only_behind_a_proxy() -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "198.51.100.9"})
    assert client_address(request) == "127.0.0.1"


@pytest.mark.django_db(transaction=True)
def test_socket_has_the_viewer_of_its_session(people_committed: People) -> None:
    key = _session_key(people_committed.alice)
    found = _connect(f"other=1; {settings.SESSION_COOKIE_NAME}={key}")
    assert found["viewer"].user_id == people_committed.alice.user.pk
    assert found["viewer"] == found["later"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cookie", ["", "nonsense", f"{settings.SESSION_COOKIE_NAME}=none"])
def test_socket_without_a_session_is_nobody(people_committed: People, cookie: str) -> None:
    assert _connect(cookie)["viewer"] == Viewer.anonymous()


def test_rights_of_a_session_are_read_afresh(people: People) -> None:
    key = _session_key(people.alice)
    assert viewer_for_session(key).can("member.edit", "vision")
    with scope(people.operator.viewer) as viewer:
        Membership.objects.create(tenant_id="vision", user=people.operator.user, role="owner")
        member_role_change(
            tenant_key="vision", user_id=people.alice.user.pk, role="viewer", viewer=viewer
        )
    assert not viewer_for_session(key).can("member.edit", "vision")


def test_session_ends_with_sign_out_and_with_a_new_password(people: People) -> None:
    client = people.alice.client()
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/accounts/logout/")
    assert viewer_for_session(key) == Viewer.anonymous()
    key = _session_key(people.bob)
    people.bob.user.set_password("another-quay-crane")
    people.bob.user.save()
    assert viewer_for_session(key) == Viewer.anonymous()


def test_sign_in_is_slowed_after_failures(people: People) -> None:
    client = Client(REMOTE_ADDR="203.0.113.77")
    body = {"login": "alice", "password": "wrong"}
    answers = [client.post("/accounts/login/", body) for _number in range(12)]
    last = client.post("/accounts/login/", {"login": "alice", "password": "quay-crane-lantern"})
    assert answers[0].status_code == 200
    assert last.status_code != 302
