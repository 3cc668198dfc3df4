"""Tokens as programs send them: one uniform no, whatever is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from portal.errors import Denied, NotFound
from portal.scope import scope
from portal.viewer import Viewer, authorize
from tenants.authentication import TokenFound, token_authenticate
from tenants.models import ApiToken
from tenants.services.members import member_add, member_remove, member_role_change
from tenants.services.platform import user_switch
from tenants.services.tokens import token_create, token_revoke, token_switch
from tests.people import People, Someone

ADDRESS = "192.0.2.7"


def token_make(
    someone: Someone, tenant_key: str | None = "vision", scopes: tuple[str, ...] = ("read",)
) -> tuple[ApiToken, str]:
    now = timezone.now()
    with scope(someone.viewer) as viewer:
        token, text = token_create(
            name="ci",
            tenant_key=tenant_key,
            scopes=scopes,
            expires_at=now + timedelta(days=30),
            viewer=viewer,
            now=now,
        )
    return token, str(text)


def _try(text: str, now: datetime | None = None) -> TokenFound | None:
    return token_authenticate(text=text, address=ADDRESS, now=now or timezone.now())


def _stored(token: ApiToken) -> ApiToken:
    with scope(Viewer.system("tests")):
        return ApiToken.objects.get(pk=token.pk)


def test_token_acts_in_its_tenant_alone(people: People) -> None:
    _token, text = token_make(people.alice, scopes=("read", "request.create"))
    found = _try(text)
    assert found is not None
    viewer = found.viewer
    assert viewer.kind == "token"
    assert viewer.user_id == people.alice.user.pk
    assert viewer.tenant_keys == {"vision"}
    assert viewer.can("request.create", "vision")
    assert not viewer.sees("speech")


def test_scope_miss_is_denied(people: People) -> None:
    _token, text = token_make(people.alice)
    found = _try(text)
    assert found is not None
    authorize(viewer=found.viewer, verb="quota.view", tenant_key="vision")
    with pytest.raises(Denied):
        authorize(viewer=found.viewer, verb="request.create", tenant_key="vision")
    with pytest.raises(NotFound):
        authorize(viewer=found.viewer, verb="quota.view", tenant_key="speech")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text.replace(text[6:18], "A" * 12),
        lambda text: text.upper(),
    ],
    ids=["empty", "short", "wrong secret", "wrong key", "other case"],
)
def test_spoiled_token_is_nobody(people: People, spoil: object) -> None:
    _token, text = token_make(people.alice)
    assert callable(spoil)
    assert _try(spoil(text)) is None


def test_expired_token_is_nobody(people: People) -> None:
    token, text = token_make(people.alice)
    assert _try(text, now=token.expires_at) is None
    assert _try(text, now=token.expires_at - timedelta(seconds=1)) is not None


def test_disabled_token_is_nobody_until_enabled(people: People) -> None:
    token, text = token_make(people.alice)
    with scope(people.alice.viewer) as viewer:
        token_switch(token_id=token.pk, enabled=False, viewer=viewer)
    assert _try(text) is None
    with scope(people.alice.viewer) as viewer:
        token_switch(token_id=token.pk, enabled=True, viewer=viewer)
    assert _try(text) is not None


def test_revocation_is_immediate(people: People) -> None:
    token, text = token_make(people.alice)
    assert _try(text) is not None
    with scope(people.alice.viewer) as viewer:
        token_revoke(token_id=token.pk, viewer=viewer, now=timezone.now())
    assert _try(text) is None


def test_token_loses_the_verbs_that_its_creator_loses(people: People) -> None:
    _token, text = token_make(people.alice, scopes=("read", "member.edit"))
    with scope(people.operator.viewer) as viewer:
        member_add(tenant_key="vision", user_name="operator", role="owner", viewer=viewer)
        member_role_change(
            tenant_key="vision", user_id=people.alice.user.pk, role="viewer", viewer=viewer
        )
    found = _try(text)
    assert found is not None
    assert found.viewer.can("quota.view", "vision")
    assert not found.viewer.can("member.edit", "vision")


def test_token_of_a_removed_member_sees_nothing(people: People) -> None:
    _token, text = token_make(people.alice)
    with scope(people.operator.viewer) as viewer:
        member_add(tenant_key="vision", user_name="operator", role="owner", viewer=viewer)
        member_remove(tenant_key="vision", user_id=people.alice.user.pk, viewer=viewer)
    found = _try(text)
    assert found is not None
    assert found.viewer.tenant_keys == frozenset()
    assert not found.viewer.can("quota.view", "vision")


def test_token_of_a_disabled_account_is_nobody(people: People) -> None:
    _token, text = token_make(people.alice)
    with scope(people.operator.viewer) as viewer:
        user_switch(user_id=people.alice.user.pk, active=False, viewer=viewer)
    assert _try(text) is None


def test_unknown_pepper_is_nobody(people: People, settings: Settings) -> None:
    settings.TOKEN_PEPPER = "1:first"
    _token, text = token_make(people.alice)
    settings.TOKEN_PEPPER = "1:first,2:second"
    assert _try(text) is not None
    settings.TOKEN_PEPPER = "2:second"
    assert _try(text) is None


def test_last_use_is_written_once_a_minute(people: People) -> None:
    token, text = token_make(people.alice)
    first = timezone.now()
    _try(text, now=first)
    _try(text, now=first + timedelta(seconds=59))
    assert _stored(token).last_used_at == first
    _try(text, now=first + timedelta(seconds=60))
    assert _stored(token).last_used_at == first + timedelta(seconds=60)
    assert _stored(token).last_used_ip == ADDRESS


def test_platform_token_of_an_operator_reaches_everywhere(people: People) -> None:
    _token, text = token_make(people.operator, tenant_key=None, scopes=("read", "quota.edit"))
    found = _try(text)
    assert found is not None
    assert found.viewer.sees_all
    assert found.viewer.can("quota.edit")
    assert not found.viewer.can("request.decide")


def test_tenant_token_of_an_operator_stays_in_the_tenant(people: People) -> None:
    _token, text = token_make(people.operator, scopes=("read", "tenant.edit"))
    found = _try(text)
    assert found is not None
    assert not found.viewer.sees_all
    assert found.viewer.tenant_keys == {"vision"}
    assert not found.viewer.can("cluster.view")


def test_secret_is_not_stored(people: People) -> None:
    token, text = token_make(people.alice)
    stored = _stored(token)
    secret = text.rsplit("_", 1)[1]
    assert secret.encode() not in bytes(stored.digest)
    assert len(bytes(stored.digest)) == 32
