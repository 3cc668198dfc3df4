"""REST of tenants, members, tokens and people."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.models import IdempotentAnswer
from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import ApiToken, Membership, Tenant
from tenants.services.archive import tenant_archive
from tests.people import People, Someone
from tests.tenants.rest import Rest
from tests.tenants.test_authentication import token_make


def _rest(someone: Someone) -> Rest:
    return Rest(someone.client())


def _exists(key: str) -> bool:
    with scope(Viewer.system("tests")):
        return Tenant.objects.filter(key=key).exists()


def test_list_holds_what_one_may_see_and_parents_come_first(people: People) -> None:
    keys = [row["key"] for row in _rest(people.alice).get("tenants/").json()["results"]]
    assert keys == ["vision"]
    keys = [row["key"] for row in _rest(people.operator).get("tenants/").json()["results"]]
    assert keys == ["aurora", "vision", "borealis", "speech"]


def test_list_is_filtered(people: People) -> None:
    rest = _rest(people.operator)
    found = rest.get("tenants/", search="labs").json()["results"]
    assert [row["key"] for row in found] == ["borealis"]
    found = rest.get("tenants/", parent="aurora").json()["results"]
    assert [row["key"] for row in found] == ["vision"]


def test_parents_of_a_project_stay_unnamed(people: People) -> None:
    answer = _rest(people.alice).get("tenants/vision/")
    assert answer.json()["path"] == ["vision"]
    assert answer.json()["parent"] is None
    assert b"aurora" not in answer.content
    assert _rest(people.operator).get("tenants/vision/").json()["path"] == ["aurora", "vision"]


def test_foreign_and_missing_tenants_look_alike(people: People) -> None:
    rest = _rest(people.alice)
    foreign, missing = rest.get("tenants/speech/"), rest.get("tenants/nothing/")
    assert foreign.status_code == missing.status_code == 404
    known = {"request_id"}
    assert {k: v for k, v in foreign.json().items() if k not in known} == {
        k: v for k, v in missing.json().items() if k not in known
    }


def test_operator_creates_reads_and_changes_a_root(people: People) -> None:
    rest = _rest(people.operator)
    made = rest.post("tenants/", {"key": "cascade", "title": "Cascade", "kind": "organisation"})
    assert made.status_code == 201, made.content
    assert made["Location"] == "/api/v1/tenants/cascade/"
    etag = rest.get("tenants/cascade/")["ETag"]
    changed = rest.patch("tenants/cascade/", {"title": "Cascade Industries"}, match=etag)
    assert (changed.status_code, changed.json()["generation"]) == (200, 2)
    stale = rest.patch("tenants/cascade/", {"title": "Late"}, match=etag)
    assert stale.status_code == 412


def test_owner_creates_below_the_own_tenant(people: People) -> None:
    made = _rest(people.alice).post(
        "tenants/", {"key": "detect", "title": "Detection", "parent": "vision"}
    )
    assert made.status_code == 201, made.content
    assert made.json()["path"] == ["vision", "detect"]


@pytest.mark.parametrize(
    ("name", "parent", "status"),
    [
        ("alice", None, 403),
        ("bob", "vision", 403),
        ("charlie", "vision", 404),
        ("auditor", "vision", 403),
        ("alice", "speech", 404),
        ("operator", "nothing", 404),
    ],
)
def test_creation_asks_for_the_right_in_the_parent(
    people: People, name: str, parent: str | None, status: int
) -> None:
    answer = _rest(getattr(people, name)).post(
        "tenants/", {"key": "detect", "title": "Detection", "parent": parent}
    )
    assert answer.status_code == status
    assert not _exists("detect")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "x"}, "key"),
        ({"key": "x"}, "title"),
        ({"key": 7, "title": "x"}, "key"),
        ({"key": "X", "title": "x"}, "key"),
        ({"key": "x", "title": 7}, "title"),
        ({"key": "x", "title": ""}, "title"),
        ({"key": "x", "title": "a\x07b"}, "title"),
        ({"key": "x", "title": "x", "kind": "team"}, "kind"),
        ({"key": "x", "title": "x", "parent": 7}, "parent"),
        ({"key": "x", "title": "x", "auto_approve_limits": []}, "auto_approve_limits"),
        (
            {"key": "x", "title": "x", "auto_approve_limits": {"p": {"cpu": 10**30}}},
            "auto_approve_limits",
        ),
        (
            {"key": "x", "title": "x", "auto_approve_limits": {"p": {"cpu": 1.5}}},
            "auto_approve_limits",
        ),
    ],
)
def test_bad_body_names_its_field(people: People, body: dict[str, Any], field: str) -> None:
    answer = _rest(people.operator).post("tenants/", body)
    assert answer.status_code == 400, answer.content
    assert next(iter(answer.json()["errors"])).startswith(field)
    assert not _exists("x")


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"null", b"{", b'"x"', b'{"title": "\\u0000"}'])
def test_body_that_is_no_object_is_refused(people: People, body: bytes) -> None:
    assert _rest(people.operator).send("POST", "tenants/", body).status_code == 400


def test_move_and_archive(people: People) -> None:
    rest = _rest(people.operator)
    moved = rest.post("tenants/vision/move/", {"parent": "borealis"})
    assert moved.json()["path"] == ["borealis", "vision"]
    assert rest.post("tenants/borealis/move/", {"parent": "vision"}).status_code == 422
    refused = rest.post("tenants/borealis/archive/", {"reason": "merged"})
    assert refused.json()["refusal"]["rule"] == "tenant.has-children"
    assert rest.post("tenants/vision/archive/", {}).json()["archived_at"] is not None
    assert rest.patch("tenants/vision/", {"title": "x"}).status_code == 409
    assert rest.post("tenants/vision/restore/").json()["archived_at"] is None


def test_owner_may_neither_move_nor_archive(people: People) -> None:
    rest = _rest(people.alice)
    assert rest.post("tenants/vision/move/", {"parent": None}).status_code == 403
    assert rest.post("tenants/vision/archive/", {}).status_code == 403


def test_members_are_added_changed_and_removed(people: People) -> None:
    rest = _rest(people.alice)
    made = rest.post("tenants/vision/members/", {"user": "charlie", "role": "member"})
    assert made.status_code == 201, made.content
    assert made["Location"] == "/api/v1/tenants/vision/members/charlie/"
    changed = rest.patch("tenants/vision/members/charlie/", {"role": "viewer"})
    assert "request.create" in changed.json()["lost"]
    assert changed.json()["gained"] == []
    assert rest.delete("tenants/vision/members/charlie/").status_code == 204
    users = [row["user"] for row in rest.get("tenants/vision/members/").json()["results"]]
    assert sorted(users) == ["alice", "bob"]


def test_dry_run_tells_the_effect_and_changes_nothing(people: People) -> None:
    rest = _rest(people.alice)
    tried = rest.patch("tenants/vision/members/bob/?dryRun=true", {"role": "owner"})
    assert tried.status_code == 200
    assert "member.edit" in tried.json()["gained"]
    assert rest.get("tenants/vision/members/bob/").json()["role"] == "viewer"


def test_last_owner_is_refused_with_numbers(people: People) -> None:
    answer = _rest(people.alice).delete("tenants/vision/members/alice/")
    assert answer.status_code == 422
    assert answer.json()["refusal"]["limit"] == 1


@pytest.mark.parametrize(("name", "status"), [("bob", 403), ("auditor", 403), ("charlie", 404)])
def test_only_owners_and_operators_change_members(people: People, name: str, status: int) -> None:
    rest = _rest(getattr(people, name))
    body = {"user": "charlie", "role": "owner"}
    assert rest.post("tenants/vision/members/", body).status_code == status
    assert rest.patch("tenants/vision/members/alice/", {"role": "viewer"}).status_code == status
    with scope(Viewer.system("tests")):
        assert Membership.objects.filter(tenant_id="vision").count() == 2


def test_anybody_leaves(people: People) -> None:
    assert _rest(people.bob).delete("tenants/vision/members/bob/").status_code == 204


def test_token_is_shown_once_and_kept_nowhere(people: People) -> None:
    rest = _rest(people.alice)
    body = {"name": "ci", "scopes": ["read"], "days": 7}
    made = rest.post("tenants/vision/tokens/", body, key="once-0001")
    assert made.status_code == 201, made.content
    token = made.json()["token"]
    again = rest.post("tenants/vision/tokens/", body, key="once-0001")
    assert again.status_code == 201
    assert again.json()["token"] is None
    assert again.json()["id"] == made.json()["id"]
    secret = token.rsplit("_", 1)[1]
    kept = [bytes(answer.body) for answer in IdempotentAnswer.objects.all()]
    assert kept
    assert all(secret.encode() not in body for body in kept)
    with scope(Viewer.system("tests")):
        assert ApiToken.objects.count() == 1


def test_token_calls_the_api(people: People) -> None:
    _token, text = token_make(people.alice, scopes=("read", "tenant.edit"))
    rest = Rest(Client(), token=text)
    assert rest.get("me/").json()["kind"] == "token"
    assert [row["key"] for row in rest.get("tenants/").json()["results"]] == ["vision"]
    assert rest.patch("tenants/vision/", {"title": "By token"}).status_code == 200
    assert rest.post("tenants/vision/members/", {}).status_code == 403
    assert rest.get("tenants/speech/").status_code == 404


def test_refused_token_is_one_and_the_same_401(people: People) -> None:
    token, text = token_make(people.alice)
    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")
    answers = [Rest(Client(), token=sent).get("me/") for sent in (wrong, "nonsense", "")]
    with scope(Viewer.system("tests")):
        ApiToken.objects.filter(pk=token.pk).update(enabled=False)
    answers.append(Rest(Client(), token=text).get("me/"))
    assert {answer.status_code for answer in answers} == {401}
    sent = [answers[0], answers[1], answers[3]]
    assert {answer.json()["detail"] for answer in sent} == {answers[0].json()["detail"]}
    assert all("Bearer" in answer["WWW-Authenticate"] for answer in answers)


def test_refused_token_does_not_fall_back_to_the_session(people: People) -> None:
    rest = Rest(people.operator.client(), token="berth_nonsense")
    assert rest.get("tenants/").status_code == 401


def test_token_means_nothing_to_pages(people: People) -> None:
    _token, text = token_make(people.alice)
    answer = Client().get("/", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_session_needs_the_csrf_token(people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.alice.user, backend="django.contrib.auth.backends.ModelBackend")
    answer = Rest(client).patch("tenants/vision/", {"title": "forged"})
    assert answer.status_code == 403
    _token, text = token_make(people.alice, scopes=("tenant.edit",))
    bearer = Rest(Client(enforce_csrf_checks=True), token=text)
    assert bearer.patch("tenants/vision/", {"title": "meant"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["all"]}, "scopes"),
        ({"name": "x", "scopes": "read"}, "scopes"),
        ({"name": "x", "scopes": ["quota.edit"]}, "scopes"),
        ({"name": "x", "scopes": ["read"], "days": 91}, "days"),
        ({"name": "x", "scopes": ["read"], "days": 0}, "days"),
        ({"name": "x", "scopes": ["read"], "days": "7"}, "days"),
        ({"scopes": ["read"]}, "name"),
    ],
)
def test_bad_token_names_its_field(people: People, body: dict[str, Any], field: str) -> None:
    answer = _rest(people.alice).post("tenants/vision/tokens/", body)
    assert answer.status_code == 400
    assert next(iter(answer.json()["errors"])).startswith(field)


def test_token_is_switched_replaced_and_revoked(people: People) -> None:
    token, text = token_make(people.alice)
    rest, bearer = _rest(people.alice), Rest(Client(), token=text)
    path = f"tenants/vision/tokens/{token.public_id}/"
    assert rest.patch(path, {"enabled": False}).json()["enabled"] is False
    assert bearer.get("me/").status_code == 401
    assert rest.patch(path, {"enabled": True}).status_code == 200
    fresh = rest.post(f"{path}rotate/").json()["token"]
    assert bearer.get("me/").status_code == 401
    assert Rest(Client(), token=fresh).get("me/").status_code == 200
    fresh_id = fresh.split("_")[1]
    assert rest.delete(f"tenants/vision/tokens/{fresh_id}/").status_code == 204
    assert Rest(Client(), token=fresh).get("me/").status_code == 401


def test_a_revoked_token_of_somebody_else_is_forbidden_before_its_state_is_told(
    people: People,
) -> None:
    token, _text = token_make(people.alice)
    owner = _rest(people.alice)
    path = f"tenants/vision/tokens/{token.public_id}/"
    assert owner.delete(path).status_code == 204
    assert owner.patch("tenants/vision/members/bob/", {"role": "member"}).status_code == 200
    assert _rest(people.bob).patch(path, {"enabled": True}).status_code == 403
    assert _rest(people.bob).post(f"{path}rotate/").status_code == 403
    assert owner.patch(path, {"enabled": True}).status_code == 409


def test_foreign_tokens_do_not_exist(people: People) -> None:
    token, _text = token_make(people.charlie, tenant_key="speech")
    rest = _rest(people.alice)
    assert rest.get("tenants/speech/tokens/").status_code == 404
    assert rest.delete(f"tenants/speech/tokens/{token.public_id}/").status_code == 404
    assert rest.delete(f"tenants/vision/tokens/{token.public_id}/").status_code == 404
    assert rest.get("tokens/").status_code == 403


def test_platform_tokens_are_for_operators(people: People) -> None:
    made = _rest(people.operator).post("tokens/", {"name": "ops", "scopes": ["read"]})
    assert made.status_code == 201, made.content
    assert made.json()["tenant"] is None
    body = {"name": "x", "scopes": ["read"]}
    assert _rest(people.auditor).post("tokens/", body).status_code == 403


def test_operators_search_people(people: People) -> None:
    rest = _rest(people.operator)
    found = rest.get("users/", search="ali").json()["results"]
    assert [row["username"] for row in found] == ["alice"]
    assert _rest(people.alice).get("users/").status_code == 403
    assert _rest(people.alice).get(f"users/{people.bob.user.pk}/").status_code == 404


def test_operator_makes_an_account_that_can_sign_in(people: People) -> None:
    made = _rest(people.operator).post("users/", {"username": "dora"})
    assert made.status_code == 201, made.content
    assert Client().login(username="dora", password=made.json()["password"])


def test_operator_gives_and_takes_platform_roles(people: People) -> None:
    rest, path = _rest(people.operator), f"users/{people.bob.user.pk}/"
    assert rest.patch(path, {"platform_role": "auditor"}).json()["platform_role"] == "auditor"
    assert rest.patch(path, {"platform_role": None}).json()["platform_role"] is None
    own = f"users/{people.operator.user.pk}/"
    assert rest.patch(own, {"platform_role": None}).status_code == 422
    assert rest.patch(own, {"active": False}).status_code == 422


def test_me_says_who_asks_and_keeps_a_preference(people: People) -> None:
    rest = _rest(people.alice)
    said = rest.get("me/").json()
    assert said["label"] == "alice"
    assert [tenant["key"] for tenant in said["tenants"]] == ["vision"]
    changed = rest.patch("me/", {"theme": "dark", "time_zone": "Asia/Shanghai"})
    assert changed.json()["preference"]["theme"] == "dark"
    assert rest.get("me/").json()["preference"]["time_zone"] == "Asia/Shanghai"
    assert rest.patch("me/", {"time_zone": "Mars"}).status_code == 400
    assert Rest(Client()).get("me/").status_code == 401


def test_archived_tenant_can_be_read_by_its_owner(people: People) -> None:
    with scope(people.operator.viewer) as viewer:
        tenant_archive(key="vision", viewer=viewer, now=timezone.now())
    rest = _rest(people.alice)
    assert rest.get("tenants/vision/").status_code == 200
    assert rest.patch("tenants/vision/", {"title": "x"}).status_code == 403
