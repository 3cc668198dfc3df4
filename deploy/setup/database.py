"""Roles and databases: an owner that migrates, and the role of the running program."""

from __future__ import annotations

from deploy.setup.postgres import Postgres

OWNER = "berth_owner"
APP = "berth_app"

# Not in a transaction block with CREATE DATABASE; safe to run again.
ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}') THEN
    CREATE ROLE {owner} LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{app}') THEN
    CREATE ROLE {app} LOGIN;
  END IF;
END $$;
ALTER ROLE {owner} WITH LOGIN NOSUPERUSER CREATEDB NOBYPASSRLS PASSWORD '{owner_password}';
ALTER ROLE {app} WITH LOGIN NOSUPERUSER NOCREATEDB NOBYPASSRLS NOINHERIT PASSWORD '{app_password}';
"""

# What the owner makes from here on, the program may use: rows and counters, never the tables.
RIGHTS = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {app};
GRANT USAGE ON SCHEMA public TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app};
"""


def roles_ensure(server: Postgres) -> None:
    """Make both roles on our own server, with the passwords it keeps."""
    text = ROLES.format(
        owner=OWNER,
        app=APP,
        owner_password=server.secrets["OWNER"],
        app_password=server.secrets["APP"],
    )
    if server.throwaway:  # tests empty tables without firing their triggers
        text += f"GRANT SET ON PARAMETER session_replication_role TO {OWNER};"
    server.sql_script(text, role="postgres")


def database_ensure(server: Postgres, name: str) -> None:
    """Make a database on our own server and let the program's role use what its owner makes."""
    found = server.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'", role=OWNER)  # noqa: S608
    if not found:
        server.sql(f"CREATE DATABASE {name}", role=OWNER)
    server.sql_script(RIGHTS.format(app=APP), role=OWNER, database=name)
