"""The second wall: every table with a tenant column has row-level security, for this role too."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

pytestmark = pytest.mark.django_db
# Tables that hold a tenant's key and no more about it than the look-ups before a scope need.
WITHOUT_WALL: frozenset[str] = frozenset()


def query(statement: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def test_the_program_is_neither_owner_nor_exempt() -> None:
    roles = query("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    assert roles == [(False, False)]
    owned = query("SELECT tablename FROM pg_tables WHERE tableowner = current_user")
    assert owned == []


def test_every_table_with_a_tenant_column_has_a_policy() -> None:
    columns = query(
        "SELECT DISTINCT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE a.attname = 'tenant_key' AND c.relkind = 'r'"
        " AND c.relnamespace = 'public'::regnamespace"
    )
    walled = query(
        "SELECT DISTINCT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
        " WHERE c.relrowsecurity"
    )
    assert len(columns) > 5
    assert sorted(set(columns) - set(walled)) == sorted((name,) for name in WITHOUT_WALL)


def test_without_a_scope_every_such_table_is_empty() -> None:
    """Rows that migrations made are no tenant's."""
    for model in apps.get_models():
        if any(field.name == "tenant_key" for field in model._meta.get_fields()):
            assert model._default_manager.count() == 0, model
