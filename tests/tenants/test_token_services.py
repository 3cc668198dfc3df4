"""Making and ending tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.errors import Conflict, Denied, Invalid, NotFound, Refused
from portal.models import AuditEntry, OutboxEvent
from portal.scope import scope
from portal.viewer import Viewer
from tenants.authentication import token_authenticate
from tenants.models import ApiToken
from tenants.services.members import member_role_change
from tenants.services.tokens import MAX_TOKENS, token_create, token_revoke, token_rotate
from tests.people import People, Someone
from tests.tenants.rest import Rest
from tests.tenants.test_authentication import token_make


def _create(someone: Someone, **more: object) -> ApiToken:
    now = timezone.now()
    values: dict[str, object] = {
        "name": "ci",
        "tenant_key": "vision",
        "scopes": ["read"],
        "expires_at": now + timedelta(days=1),
    }
    with scope(someone.viewer) as viewer:
        token, _text = token_create(viewer=viewer, now=now, **{**values, **more})  # type: ignore[arg-type]
    return token


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": ""}),
        ("scopes", {"scopes": []}),
        ("scopes", {"scopes": ["request.*"]}),
        ("scopes", {"scopes": ["quota.edit"]}),
        ("expires_at", {"expires_at": timezone.now() - timedelta(seconds=1)}),
        ("expires_at", {"expires_at": timezone.now() + timedelta(days=91)}),
    ],
)
def test_bad_input_names_its_field(people: People, field: str, values: dict[str, object]) -> None:
    with pytest.raises(Invalid) as caught:
        _create(people.alice, **values)
    assert list(caught.value.fields) == [field]


def test_life_of_ninety_days_is_allowed(people: People) -> None:
    now = timezone.now()
    with scope(people.alice.viewer) as viewer:
        token, _text = token_create(
            name="ci",
            tenant_key="vision",
            scopes=["read"],
            expires_at=now + timedelta(days=90),
            viewer=viewer,
            now=now,
        )
    assert token.expires_at - token.created_at == timedelta(days=90)


def test_viewer_makes_no_token(people: People) -> None:
    with pytest.raises(Denied):
        _create(people.bob)


def test_owner_makes_no_platform_token(people: People) -> None:
    with pytest.raises(Denied):
        _create(people.alice, tenant_key=None)


def test_foreign_tenant_does_not_exist(people: People) -> None:
    with pytest.raises(NotFound):
        _create(people.alice, tenant_key="speech")


def test_token_makes_no_token(people: People) -> None:
    _token, text = token_make(people.alice, scopes=("read", "token.create"))
    found = token_authenticate(text=text, address=None, now=timezone.now())
    assert found is not None
    with scope(found.viewer) as viewer, pytest.raises(Denied):
        token_create(
            name="more",
            tenant_key="vision",
            scopes=["read"],
            expires_at=timezone.now() + timedelta(days=1),
            viewer=viewer,
            now=timezone.now(),
        )


def test_number_of_tokens_is_limited(people: People) -> None:
    for _number in range(MAX_TOKENS):
        _create(people.alice)
    with pytest.raises(Refused) as caught:
        _create(people.alice)
    assert caught.value.refusal.limit == MAX_TOKENS


def test_revocation_is_told_and_recorded_once(people: People) -> None:
    token, _text = token_make(people.alice)
    topic = f"user.{people.alice.user.pk}.revoked"
    OutboxEvent.objects.filter(topic=topic).update(published_at=timezone.now())
    with scope(people.alice.viewer) as viewer:
        token_revoke(token_id=token.pk, viewer=viewer, now=timezone.now())
        token_revoke(token_id=token.pk, viewer=viewer, now=timezone.now())
        assert AuditEntry.objects.filter(verb="token.revoke").count() == 1
    assert OutboxEvent.objects.filter(topic=topic, published_at=None).count() == 1


def test_owner_revokes_a_members_token_but_not_the_other_way(people: People) -> None:
    with scope(people.alice.viewer) as viewer:
        member_role_change(
            tenant_key="vision", user_id=people.bob.user.pk, role="member", viewer=viewer
        )
    bobs, _text = token_make(people.bob)
    alices, _text = token_make(people.alice)
    with scope(people.bob.viewer) as viewer, pytest.raises(Denied):
        token_revoke(token_id=alices.pk, viewer=viewer, now=timezone.now())
    with scope(people.alice.viewer) as viewer:
        token_revoke(token_id=bobs.pk, viewer=viewer, now=timezone.now())
    with scope(Viewer.system("tests")):
        assert ApiToken.objects.get(pk=alices.pk).revoked_at is None
        assert ApiToken.objects.get(pk=bobs.pk).revoked_at is not None


def test_foreign_token_does_not_exist(people: People) -> None:
    token, _text = token_make(people.charlie, tenant_key="speech")
    with scope(people.alice.viewer) as viewer, pytest.raises(NotFound):
        token_revoke(token_id=token.pk, viewer=viewer, now=timezone.now())


def test_rotation_ends_the_old_and_keeps_the_rest(people: People) -> None:
    token, text = token_make(people.alice, scopes=("read", "request.create"))
    now = timezone.now()
    with scope(people.alice.viewer) as viewer:
        fresh, fresh_text = token_rotate(token_id=token.pk, viewer=viewer, now=now)
    assert token_authenticate(text=text, address=None, now=now) is None
    assert token_authenticate(text=str(fresh_text), address=None, now=now) is not None
    assert (fresh.name, fresh.scopes) == (token.name, token.scopes)
    assert fresh.expires_at - now == token.expires_at - token.created_at


def test_revoked_token_is_not_rotated(people: People) -> None:
    token, _text = token_make(people.alice)
    with scope(people.alice.viewer) as viewer:
        token_revoke(token_id=token.pk, viewer=viewer, now=timezone.now())
        with pytest.raises(Conflict):
            token_rotate(token_id=token.pk, viewer=viewer, now=timezone.now())


def test_who_did_not_make_a_token_is_not_told_whether_it_is_revoked(people: People) -> None:
    token, _text = token_make(people.operator)
    with scope(people.alice.viewer) as viewer:
        token_revoke(token_id=token.pk, viewer=viewer, now=timezone.now())
    answer = Rest(people.alice.client()).post(f"tenants/vision/tokens/{token.public_id}/rotate/")
    assert answer.status_code == 403


def test_secret_is_in_no_audit_entry(people: People) -> None:
    _token, text = token_make(people.alice)
    secret = text.rsplit("_", 1)[1]
    with scope(Viewer.system("tests")):
        entries = list(AuditEntry.objects.values())
    assert entries
    assert secret not in repr(entries)
