"""Accounts, platform roles and the commands that make the first ones."""

from __future__ import annotations

import re
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from portal.errors import Conflict, Denied, Invalid, NotFound, Refused
from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import Membership, Tenant
from tenants.selectors.viewers import Preference, person_for_user, viewer_for_user
from tenants.services.platform import (
    platform_role_grant,
    platform_role_revoke,
    user_create,
    user_switch,
)
from tenants.services.preferences import preference_set
from tests.people import PASSWORD, People


def test_granted_role_holds_at_once(people: People) -> None:
    with scope(people.operator.viewer) as viewer:
        platform_role_grant(user_id=people.bob.user.pk, role="auditor", viewer=viewer)
    assert people.bob.viewer.sees("speech")
    assert not people.bob.viewer.can("tenant.edit", "vision")
    with scope(people.operator.viewer) as viewer:
        platform_role_revoke(user_id=people.bob.user.pk, viewer=viewer)
    assert not people.bob.viewer.sees("speech")


def test_last_operator_stays(people: People) -> None:
    own_id = people.operator.user.pk
    with scope(people.operator.viewer) as viewer:
        with pytest.raises(Refused):
            platform_role_revoke(user_id=own_id, viewer=viewer)
        with pytest.raises(Refused):
            platform_role_grant(user_id=own_id, role="auditor", viewer=viewer)
        with pytest.raises(Refused):
            user_switch(user_id=own_id, active=False, viewer=viewer)
    assert people.operator.viewer.can("role.edit")


def test_disabled_operator_does_not_count(people: People) -> None:
    with scope(people.operator.viewer) as viewer:
        platform_role_grant(user_id=people.bob.user.pk, role="operator", viewer=viewer)
        user_switch(user_id=people.bob.user.pk, active=False, viewer=viewer)
        with pytest.raises(Refused):
            platform_role_revoke(user_id=people.operator.user.pk, viewer=viewer)


@pytest.mark.parametrize("name", ["auditor", "alice"])
def test_nobody_else_hands_out_roles_or_accounts(people: People, name: str) -> None:
    with scope(getattr(people, name).viewer) as viewer:
        with pytest.raises(Denied):
            platform_role_grant(user_id=people.alice.user.pk, role="operator", viewer=viewer)
        with pytest.raises(Denied):
            user_create(username="eve", email="", password=PASSWORD, viewer=viewer)


def test_unknown_person_is_not_found(people: People) -> None:
    with scope(people.operator.viewer) as viewer, pytest.raises(NotFound):
        platform_role_grant(user_id=10**9, role="auditor", viewer=viewer)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("username", {"username": "two words"}),
        ("username", {"username": "a" * 151}),
        ("email", {"email": "nowhere"}),
        ("password", {"password": "12345"}),
        ("password", {"password": "dora-dora"}),
    ],
)
def test_bad_account_names_its_field(people: People, field: str, values: dict[str, str]) -> None:
    account = {"username": "dora-dora", "email": "", "password": PASSWORD, **values}
    with scope(people.operator.viewer) as viewer, pytest.raises(Invalid) as caught:
        user_create(viewer=viewer, **account)
    assert list(caught.value.fields) == [field]


def test_taken_name_is_a_conflict(people: People) -> None:
    with scope(people.operator.viewer) as viewer, pytest.raises(Conflict):
        user_create(username="alice", email="", password=PASSWORD, viewer=viewer)


def test_disabled_account_is_nobody(people: People) -> None:
    with scope(people.operator.viewer) as viewer:
        user_switch(user_id=people.alice.user.pk, active=False, viewer=viewer)
    assert people.alice.viewer == Viewer.anonymous()
    assert viewer_for_user(10**9) == Viewer.anonymous()


def test_preference_is_read_back(people: People) -> None:
    wanted = Preference("zh-hans", "dark", "Asia/Shanghai", "comfortable", shortcuts=False)
    preference_set(preference=wanted, viewer=people.bob.viewer)
    assert person_for_user(people.bob.user.pk).preference == wanted
    assert person_for_user(people.alice.user.pk).preference == Preference()


@pytest.mark.parametrize(
    "wrong",
    [
        Preference(language="xx"),
        Preference(theme="pink"),
        Preference(time_zone="Mars/Base"),
        Preference(density="none"),
    ],
)
def test_unknown_preference_is_refused(people: People, wrong: Preference) -> None:
    with pytest.raises(Invalid):
        preference_set(preference=wrong, viewer=people.bob.viewer)


def test_createoperator_makes_the_first_operator(db: None) -> None:
    out = StringIO()
    call_command("createoperator", "root", stdout=out)
    found = re.search(r"Password: (\S+)", out.getvalue())
    assert found is not None
    account = User.objects.get(username="root")
    assert account.check_password(found.group(1))
    assert viewer_for_user(account.pk).can("role.edit")


def test_createoperator_promotes_an_existing_account(people: People) -> None:
    out = StringIO()
    call_command("createoperator", "bob", stdout=out)
    assert "Password" not in out.getvalue()
    assert people.bob.viewer.can("role.edit")
    assert User.objects.get(username="bob").check_password(PASSWORD)


def test_createoperator_says_what_is_wrong(db: None) -> None:
    with pytest.raises(CommandError, match="username"):
        call_command("createoperator", "two words", stdout=StringIO())
    assert not User.objects.exists()


def test_demo_accounts_can_be_made_twice(db: None, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    for _time in range(2):
        call_command("demo_accounts", "--passwords", str(passwords), stdout=StringIO())
    lines = dict(line.split(" ") for line in passwords.read_text().splitlines())
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    assert {"operator", "auditor", "vision-owner", "vision-viewer", "speech-owner"} <= set(lines)
    assert User.objects.count() == len(lines)
    assert User.objects.get(username="vision-owner").check_password(lines["vision-owner"])
    with scope(Viewer.system("tests")):
        assert Tenant.objects.filter(parent=None).count() == 3
        assert Tenant.objects.exclude(parent=None).count() >= 12
        assert Membership.objects.count() == len(lines) - 3  # two operators, one auditor


def test_demo_accounts_leaves_a_real_account_alone(people: People, tmp_path: Path) -> None:
    User.objects.filter(username="operator").update(email="olga@shipping.example")
    with pytest.raises(CommandError, match="operator"):
        call_command("demo_accounts", "--passwords", str(tmp_path / "p"), stdout=StringIO())
    assert User.objects.get(username="operator").check_password(PASSWORD)
