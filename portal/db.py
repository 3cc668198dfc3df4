"""Migration operations for what the ORM can't say: row-level security, append-only tables."""

from __future__ import annotations

from django.db import migrations

# NULL where no scope is open, so that both policies below are false.
POLICY = """
CREATE POLICY berth_tenant ON {table} USING (
    (SELECT current_setting('berth.all', true)) = 'on'
    OR {column} = ANY((SELECT string_to_array(current_setting('berth.tenants', true), ','))::text[])
)
"""


def tenant_table(table: str, column: str = "tenant_key") -> migrations.RunSQL:
    """Put a table behind row-level security by its tenant column.

    The owner role stays exempt (it migrates, and owns the few SECURITY DEFINER functions); the
    role of the running program is not the owner, so it never is. An empty key belongs to no
    tenant: only a viewer who sees all sees it.
    """
    return migrations.RunSQL(
        sql=[
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            POLICY.format(table=table, column=f"NULLIF({column}, '')"),
        ],
        reverse_sql=[
            f"DROP POLICY berth_tenant ON {table}",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ],
    )


def append_only(table: str) -> migrations.RunSQL:
    """Let the program insert and read, never change or remove, rows of a table."""
    return migrations.RunSQL(
        sql=[
            f"""
            CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'insufficient_privilege';
            END $$
            """,
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
        ],
        reverse_sql=[
            f"DROP TRIGGER append_only ON {table}",
            f"DROP FUNCTION {table}_append_only()",
        ],
    )


def definer_function(name: str, arguments: str, returns: str, body: str) -> migrations.RunSQL:
    """Create a SQL function that runs with the owner's rights, for look-ups above a scope."""
    return migrations.RunSQL(
        sql=[
            f"CREATE FUNCTION {name}({arguments}) RETURNS {returns} LANGUAGE sql STABLE"
            f" SECURITY DEFINER SET search_path = public, pg_temp AS $$ {body} $$"
        ],
        reverse_sql=[f"DROP FUNCTION {name}({arguments})"],
    )


def child_table(table: str, key: str, parent: str) -> migrations.RunSQL:
    """Give a table the visibility of the row it hangs on; the parent has its own policy."""
    seen = f"EXISTS (SELECT 1 FROM {parent} AS parent WHERE parent.id = {table}.{key})"  # noqa: S608
    return migrations.RunSQL(
        sql=[
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"CREATE POLICY berth_parent ON {table} USING ({seen})",
        ],
        reverse_sql=[
            f"DROP POLICY berth_parent ON {table}",
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        ],
    )
