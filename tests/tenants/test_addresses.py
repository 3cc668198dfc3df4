"""Which e-mail addresses name a person: those that somebody has proven, and no others."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User

from portal.errors import Conflict, Invalid
from portal.scope import scope
from tenants.models import Membership
from tenants.services.members import member_add
from tenants.services.platform import user_create
from tests.people import PASSWORD, People

pytestmark = pytest.mark.django_db
WANTED = "ann@example.com"


def added(people: People, user_name: str) -> str:
    """Alice adds somebody to vision by this name; who became a member."""
    with scope(people.alice.viewer) as viewer:
        made = member_add(tenant_key="vision", user_name=user_name, role="owner", viewer=viewer)
        return str(Membership.objects.get(pk=made.pk).user.username)


def test_address_that_somebody_gave_themselves_names_nobody(people: People) -> None:
    client = people.charlie.client()
    client.post("/accounts/login/", {"login": "charlie", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"email": WANTED, "action_add": ""})
    client.post("/accounts/email/", {"email": WANTED, "action_primary": ""})
    claimed = EmailAddress.objects.get(email=WANTED)
    assert (claimed.user.username, claimed.verified) == ("charlie", False)
    User.objects.filter(pk=people.charlie.user.pk).update(email=WANTED)
    with pytest.raises(Invalid) as refused:
        added(people, WANTED)
    assert list(refused.value.fields) == ["user"]


def test_address_that_an_operator_gave_names_its_account(people: People) -> None:
    EmailAddress.objects.create(user=people.charlie.user, email=WANTED, verified=False)
    with scope(people.operator.viewer) as viewer:
        user_create(username="ann", email=WANTED, password=PASSWORD, viewer=viewer)
    assert added(people, "Ann@Example.com") == "ann"


def test_verified_address_names_its_account(people: People) -> None:
    EmailAddress.objects.create(user=people.charlie.user, email=WANTED, verified=True)
    assert added(people, WANTED) == "charlie"


def test_proven_address_comes_before_a_user_name_that_looks_the_same(people: People) -> None:
    User.objects.create_user(WANTED, password=PASSWORD)
    with scope(people.operator.viewer) as viewer:
        user_create(username="ann", email=WANTED, password=PASSWORD, viewer=viewer)
    assert added(people, WANTED) == "ann"


def test_disabled_account_gives_its_address_to_nobody_else(people: People) -> None:
    with scope(people.operator.viewer) as viewer:
        ann = user_create(username="ann", email=WANTED, password=PASSWORD, viewer=viewer)
        User.objects.filter(pk=ann.pk).update(is_active=False)
    with pytest.raises(Invalid):
        added(people, WANTED)


def test_operator_can_give_no_address_that_another_account_has_proven(people: People) -> None:
    with scope(people.operator.viewer) as viewer:
        with pytest.raises(Conflict) as refused:
            user_create(username="ann", email="bob@example.com", password=PASSWORD, viewer=viewer)
        assert refused.value.code == "email-taken"
    assert not User.objects.filter(username="ann").exists()
