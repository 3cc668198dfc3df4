"""The second wall: PostgreSQL itself hides what is not the viewer's, even from objects.all()."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from portal.scope import scope
from portal.viewer import Viewer
from tenants.models import ApiToken, Membership, Tenant
from tenants.services.tokens import token_create
from tests.people import People, Someone


def _token_for(someone: Someone, tenant_key: str) -> ApiToken:
    now = timezone.now()
    with scope(someone.viewer) as viewer:
        token, _text = token_create(
            name="ci",
            tenant_key=tenant_key,
            scopes=["read"],
            expires_at=now + timedelta(days=1),
            viewer=viewer,
            now=now,
        )
    return token


def test_program_is_neither_owner_nor_exempt(people: People) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute(
            "SELECT count(*) FROM pg_tables"
            " WHERE tablename LIKE 'tenants\\_%' AND tableowner = current_user"
        )
        assert cursor.fetchone() == (0,)


def test_without_a_scope_there_are_no_rows(people: People) -> None:
    assert list(Tenant.objects.all()) == []
    assert list(Membership.objects.all()) == []


def test_owner_sees_only_the_own_branch(people: People) -> None:
    _token_for(people.charlie, "speech")
    with scope(people.alice.viewer):
        assert [tenant.key for tenant in Tenant.objects.all()] == ["vision"]
        assert {member.tenant_id for member in Membership.objects.all()} == {"vision"}
        assert list(ApiToken.objects.all()) == []
    with scope(people.charlie.viewer):
        assert ApiToken.objects.count() == 1


def test_role_in_an_organisation_reaches_its_projects(people: People) -> None:
    with scope(Viewer.system("tests")):
        Membership.objects.create(tenant_id="aurora", user=people.bob.user, role="owner")
    with scope(people.bob.viewer) as viewer:
        assert {tenant.key for tenant in Tenant.objects.all()} == {"aurora", "vision"}
        assert viewer.can("tenant.edit", "vision")


@pytest.mark.parametrize("name", ["operator", "auditor"])
def test_platform_roles_see_every_tenant(people: People, name: str) -> None:
    someone: Someone = getattr(people, name)
    with scope(someone.viewer):
        assert Tenant.objects.count() == 4


def test_foreign_row_can_be_neither_written_nor_moved_away(people: People) -> None:
    with scope(people.alice.viewer):
        assert Tenant.objects.filter(key="speech").update(title="mine") == 0
        assert Membership.objects.filter(tenant_id="speech").delete()[0] == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Membership.objects.create(tenant_id="speech", user=people.alice.user, role="owner")
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Membership.objects.filter(user=people.bob.user).update(tenant_id="speech")


def test_visible_to_holds_without_the_wall(people: People) -> None:
    with scope(Viewer.system("tests")):
        assert [t.key for t in Tenant.objects.visible_to(people.alice.viewer)] == ["vision"]
        members = Membership.objects.visible_to(people.alice.viewer)
        assert {member.tenant_id for member in members} == {"vision"}


def test_every_table_with_a_tenant_has_a_policy(people: People) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind = 'r' AND c.relname LIKE 'tenants\\_%' AND a.attname = 'tenant_key'"
            " AND NOT (c.relrowsecurity AND EXISTS"
            " (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))"
        )
        assert cursor.fetchall() == []
