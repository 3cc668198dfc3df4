"""The base of REST resources: order of refusals, versions, filters, what a body may hold."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.models import AuditEntry, JobRun
from portal.scope import scope
from portal.viewer import Viewer
from tests.people import People
from tests.portal.calls import Api

pytestmark = pytest.mark.django_db
SYSTEM = Viewer.system("tests")
BODY = {"tenant": "vision", "name": "quay-1", "count": 3}


def make(tenant_key: str = "vision", name: str = "quay-1") -> JobRun:
    with scope(SYSTEM):
        return JobRun.objects.create(
            kind="berth", key=name, tenant_key=tenant_key, queue="report", requested_by_label="t"
        )


def stored(pk: int) -> JobRun:
    with scope(SYSTEM):
        return JobRun.objects.get(pk=pk)


def rows() -> int:
    with scope(SYSTEM):
        return JobRun.objects.count()


def test_create_answers_with_address_and_version(api: Api) -> None:
    answer = api("POST", "berths/", BODY)
    assert answer.status_code == 201
    assert answer["Location"] == f"/api/v1/berths/{answer.json()['id']}/"
    assert answer["ETag"] == '"0"'
    assert answer.json() | {"id": 0} == {"id": 0, "tenant": "vision", "name": "quay-1", "count": 3}


def test_list_shows_only_own_tenants(api: Api) -> None:
    make("vision")
    make("speech", "quay-2")
    answer = api("GET", "berths/").json()
    assert [row["tenant"] for row in answer["results"]] == ["vision"]


def test_operator_sees_every_tenant(berths: None, people: People) -> None:
    make("vision")
    make("speech", "quay-2")
    answer = Api(people.operator.client())("GET", "berths/").json()
    assert len(answer["results"]) == 2


def test_anonymous_is_told_to_sign_in(berths: None, anonymous: Client) -> None:
    answer = Api(anonymous)("GET", "berths/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "signed-out"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "berths/{id}/", {}),
        ("PATCH", "berths/{id}/", {}),
        ("DELETE", "berths/{id}/", {"If_Match": '"9"'}),
        ("POST", "berths/{id}/refuse/", {}),
    ],
)
def test_another_tenants_object_is_not_there(
    berths: None, people: People, method: str, path: str, headers: dict[str, str]
) -> None:
    found = make("vision")
    charlie = Api(people.charlie.client())
    foreign = charlie(method, path.format(id=found.pk), {"count": "bad"}, **headers)
    missing = charlie(method, path.format(id=999_999), {"count": "bad"}, **headers)
    same = ("type", "title", "status", "detail", "code")
    assert foreign.status_code == 404
    assert [foreign.json()[k] for k in same] == [missing.json()[k] for k in same]


def test_create_in_another_tenant_is_not_found(api: Api) -> None:
    assert api("POST", "berths/", BODY | {"tenant": "speech"}).status_code == 404
    assert rows() == 0


def test_forbidden_comes_before_version_and_payload(berths: None, people: People) -> None:
    found = make("vision")
    bob = Api(people.bob.client())
    assert bob("PATCH", f"berths/{found.pk}/", {"count": "bad"}).status_code == 403
    assert bob("POST", "berths/", BODY | {"count": "bad"}).status_code == 403


@pytest.mark.parametrize(
    "ident", ["0", "-1", "abc", "1" * 40, "%00", "1%2F2", "9" * 5000, "1e3", "%F0%9F%9A%A2", "1.0"]
)
def test_an_id_that_is_none_is_not_found(api: Api, ident: str) -> None:
    assert api("GET", f"berths/{ident}/").status_code == 404


def test_update_needs_the_version_that_was_read(api: Api) -> None:
    found = make()
    path = f"berths/{found.pk}/"
    missing = api("PATCH", path, {"count": 1})
    assert (missing.status_code, missing.json()["code"]) == (428, "version-required")
    changed = api("PATCH", path, {"count": 1}, If_Match='"0"')
    assert (changed.status_code, changed["ETag"]) == (200, '"1"')
    stale = api("PATCH", path, {"count": 2}, If_Match='"0"')
    assert (stale.status_code, stale.json()["code"]) == (412, "concurrent-update")
    assert api("PATCH", path, {"count": 4}, If_Match="7").status_code == 400
    assert api("PATCH", path, {"count": 5}, If_Match='"0", "1"').status_code == 200
    assert api("DELETE", path).status_code == 428
    assert api("DELETE", path, If_Match="*").status_code == 204
    assert stored_count(found.pk) == 0


def stored_count(pk: int) -> int:
    with scope(SYSTEM):
        return JobRun.objects.filter(pk=pk).count()


BAD_COUNTS = [-1, 2**31, 10**18, 10**30, 1.0, 1e18, "3", True, None, [], {}, [3]]


@pytest.mark.parametrize("count", BAD_COUNTS, ids=str)
def test_count_must_be_a_whole_number_in_range(api: Api, count: Any) -> None:
    answer = api("POST", "berths/", BODY | {"count": count})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["count"]


@pytest.mark.parametrize(
    "amounts",
    [
        {},
        [],
        "1e18",
        {"cpu": "4"},
        {"cpu": 1.5},
        {"cpu": -1},
        {"cpu": 2**53},
        {"cpu": 10**30},
        {"cpu": True},
        {"CPU": 1},
        {"": 1},
        {"a" * 41: 1},
        {f"d{n}": 1 for n in range(65)},
        {"cpu": {"x": 1}},
    ],
    ids=lambda value: str(value)[:30],
)
def test_amounts_are_strict(api: Api, amounts: Any) -> None:
    answer = api("POST", "berths/", BODY | {"amounts": amounts})
    assert answer.status_code == 400
    assert all(name.startswith("amounts") for name in answer.json()["errors"])


def test_a_misspelt_field_is_refused_by_name(api: Api) -> None:
    answer = api("POST", "berths/", BODY | {"amount": {"cpu": 1}, "x" * 500: 1})
    assert answer.status_code == 400
    assert sorted(answer.json()["errors"]) == ["amount", "x" * 60]
    assert "amounts" in answer.json()["errors"]["amount"][0]


@pytest.mark.parametrize("text", [7, True, None, [], {}])
def test_a_text_must_be_a_text(api: Api, text: Any) -> None:
    answer = api("POST", "berths/", BODY | {"text": text})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["text"])


def test_amounts_take_what_a_browser_can_count(api: Api) -> None:
    answer = api("POST", "berths/", BODY | {"amounts": {"cpu": 0, "memory": 2**53 - 1}})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "name", ["", "A", "-a", "a-", "a_b", "a.b", "a" * 64, "ä", " a", "a\n", "名", 7, None, ["a"]]
)
def test_a_name_is_one_that_kubernetes_takes(api: Api, name: Any) -> None:
    answer = api("POST", "berths/", BODY | {"name": name})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["name"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"NaN",
        b'{"count": Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"tenant": "vision", "name": "a", "count": 1, "text": "\\u0000"}',
        b'{"tenant": "vision", "name": "a", "count": 1, "text": "\\ud800"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"count": ' + b"9" * 5000 + b"}",
        b'{"tenant": {"x": 1}}',
        b'{"tenant": ["vision"]}',
        b'{"tenant": ""}',
    ],
    ids=lambda body: str(body[:20]),
)
def test_a_body_that_is_none_of_ours_is_a_clear_400(api: Api, body: bytes) -> None:
    answer = api("POST", "berths/", body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"]
    assert rows() == 0


def test_only_json_is_understood(api: Api, people: People) -> None:
    client = people.alice.client()
    answer = client.post("/api/v1/berths/", {"name": "a"}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    answer = client.get("/api/v1/berths/", headers={"Accept": "application/xml"})
    assert answer.status_code == 406


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("limit=0001009999999", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=cD1hYmM%3D", "cursor"),
        ("cursor=cD0lMDA%3D", "cursor"),
        ("failures=x", "failures"),
        ("failures__gt=" + "9" * 400, "failures__gt"),
        ("failure=1", "failure"),
        ("key=%00", "key"),
    ],
)
def test_a_bad_query_is_refused_by_name(api: Api, query: str, name: str) -> None:
    make()
    answer = api("GET", f"berths/?{query}")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [name]


def test_pages_neither_skip_nor_double(api: Api) -> None:
    for number in range(7):
        make(name=f"quay-{number}")
    seen, path = [], "berths/?limit=3"
    while path:
        answer = api("GET", path).json()
        seen += [row["name"] for row in answer["results"]]
        path = (answer["next"] or "").partition("/api/v1/")[2]
    assert seen == [f"quay-{number}" for number in reversed(range(7))]


def test_a_refusal_carries_its_numbers_and_undoes_everything(api: Api) -> None:
    found = make()
    answer = api("POST", f"berths/{found.pk}/refuse/")
    assert answer.status_code == 422
    body = answer.json()
    assert body["type"] == "urn:berth:problem:test-rule"
    assert body["refusal"]["limit"] == 4
    assert body["refusal"]["title"] == "The test's rule"
    assert stored(found.pk).failures == 0


def test_a_conflict_has_its_own_code(api: Api) -> None:
    answer = api("POST", f"berths/{make().pk}/conflict/")
    assert (answer.status_code, answer.json()["code"]) == (409, "moored")


def test_an_action_that_asked_for_no_right_is_a_fault_and_undone(api: Api) -> None:
    found = make()
    api.client.raise_request_exception = False
    answer = api("POST", f"berths/{found.pk}/forget/")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert stored(found.pk).failures == 0


def test_an_action_without_a_verb_is_refused(berths: None, people: People) -> None:
    found = make()
    answer = Api(people.operator.client())("POST", f"berths/{found.pk}/undeclared/")
    assert (answer.status_code, answer.json()["code"]) == (403, "not-offered")


def test_a_method_that_is_not_there_is_405(api: Api) -> None:
    answer = api("PUT", f"berths/{make().pk}/", {})
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert api("TRACE", "berths/").status_code == 405


DATABASE_ERRORS = {
    "out of range": ("SELECT 99999999999::int", 400, "invalid"),
    "too long": ("SELECT 'abc'::varchar(1)::char(1)::int", 400, "invalid"),
    "unique": (
        "INSERT INTO portal_installation (id, key) VALUES (1, 'a'), (1, 'b')",
        409,
        "already-exists",
    ),
    "check": ("INSERT INTO portal_installation (id, key) VALUES (2, 'a')", 400, "out-of-range"),
    "null": ("INSERT INTO portal_installation (id) VALUES (1)", 400, "out-of-range"),
    "timeout": ("SET LOCAL statement_timeout = 50; SELECT pg_sleep(5)", 503, "timeout"),
    "serialization": (
        "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$",
        503,
        "busy",
    ),
    "lock": ("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '55P03'; END $$", 503, "busy"),
}


@pytest.mark.parametrize("name", sorted(DATABASE_ERRORS))
def test_what_the_database_refuses_is_said_in_words(api: Api, name: str) -> None:
    statement, status, code = DATABASE_ERRORS[name]
    answer = api("POST", "berths/break_database/", {"sql": statement})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (answer.get("Retry-After") is not None) == (status == 503)


def test_a_write_needs_the_csrf_token(berths: None, people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice.user, backend="django.contrib.auth.backends.ModelBackend")
    answer = Api(client)("POST", "berths/", BODY)
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert rows() == 0


def test_a_write_is_audited_with_its_request(api: Api) -> None:
    answer = api("POST", "berths/", BODY, X_Request_Id="from-a-proxy-1")
    assert answer["X-Request-Id"] == "from-a-proxy-1"
    with scope(SYSTEM):
        entry = AuditEntry.objects.get(verb="berth.create")
    assert (entry.request_id, entry.actor_label) == ("from-a-proxy-1", "alice")
