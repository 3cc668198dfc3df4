"""The tests' database: migrated once per set of migrations, then copied; emptied by the owner."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from psycopg import sql

from deploy.setup.database import APP, RIGHTS
from deploy.setup.locks import locked

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("portal", "inventory", "scheduling", "tenants")
TEMPLATE_PREFIX = "berth_template_"
KEPT = ("django_migrations", "django_content_type", "auth_permission")

# Tables that migrations filled are copied aside; emptying puts the copies back.
EMPTYING = """
CREATE SCHEMA berth_test;
DO $$
DECLARE name text; filled boolean;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> ALL({kept})
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
    IF filled THEN
      EXECUTE format('CREATE TABLE berth_test.%1$I AS TABLE public.%1$I', name);
    END IF;
  END LOOP;
END $$;
CREATE FUNCTION berth_test.empty_tables() RETURNS integer LANGUAGE plpgsql
  SET session_replication_role = replica AS $$
DECLARE name text; filled boolean; doomed text[] := '{{}}'; counter text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> ALL({kept})
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
    IF filled THEN doomed := doomed || format('public.%I', name); END IF;
  END LOOP;
  IF doomed = '{{}}' THEN RETURN 0; END IF;
  EXECUTE 'TRUNCATE ' || array_to_string(doomed, ', ') || ' RESTART IDENTITY CASCADE';
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'berth_test'
  LOOP
    EXECUTE format('INSERT INTO public.%1$I SELECT * FROM berth_test.%1$I', name);
    counter := CASE WHEN EXISTS (
      SELECT FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name = name AND column_name = 'id'
    ) THEN pg_get_serial_sequence(format('public.%I', name), 'id') END;
    IF counter IS NOT NULL THEN
      EXECUTE format('SELECT setval(%L, (SELECT max(id) FROM public.%I))', counter, name);
    END IF;
  END LOOP;
  RETURN cardinality(doomed);
END $$;
"""
BLOCKERS = """
SELECT pid, state, left(query, 200) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""


def database_make() -> None:
    """Make this process's database afresh, as a copy of the migrated template."""
    name = urlsplit(os.environ["DATABASE_OWNER_URL"]).path.lstrip("/")
    with locked("test-template"), owner_connection("postgres") as connection:
        template = _template_ensure(connection)
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(drop.format(sql.Identifier(name)))
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))


def tables_empty() -> None:
    """Empty every table but those of Django's own bookkeeping, in one statement, as the owner."""
    with owner_connection() as connection:
        try:
            connection.execute("SELECT berth_test.empty_tables()")
        except psycopg.errors.LockNotAvailable as error:
            busy = connection.execute(BLOCKERS).fetchall()
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            msg = f"A test left transactions open, so its tables could not be emptied: {busy}"
            raise AssertionError(msg) from error


def owner_connection(database: str = "") -> psycopg.Connection:
    """Connect as the owner, each statement its own transaction."""
    url = os.environ["DATABASE_OWNER_URL"]
    if database:
        url = urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
    return psycopg.connect(url, autocommit=True, options="-c lock_timeout=15000")


def _template_ensure(connection: psycopg.Connection) -> str:
    name = TEMPLATE_PREFIX + _migrations_digest()
    found = connection.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [TEMPLATE_PREFIX]
    ).fetchall()
    names = {row[0] for row in found}
    if name in names:
        return name
    for old in names:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(drop.format(sql.Identifier(old)))
    draft = f"{TEMPLATE_PREFIX}draft"
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(draft)))
    _template_fill(draft)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    connection.execute(rename.format(sql.Identifier(draft), sql.Identifier(name)))
    return name


def _template_fill(draft: str) -> None:
    with owner_connection(draft) as owner:
        owner.execute(RIGHTS.format(app=APP))
    addresses = {
        variable: urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{draft}"))
        for variable in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "manage.py",
            "migrate",
            "--database",
            "owner",
            "--no-input",
            "--skip-checks",
        ],
        env={**os.environ, **addresses},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The migrations failed:\n{done.stdout}\n{done.stderr}")
    kept = "ARRAY[" + ", ".join(f"'{table}'" for table in KEPT) + "]"
    with owner_connection(draft) as owner:
        owner.execute(EMPTYING.format(kept=kept))


def _migrations_digest() -> str:
    total = hashlib.sha256("\n".join([EMPTYING, RIGHTS, *settings.INSTALLED_APPS]).encode())
    files = [path for room in ROOMS for path in (ROOT / room).rglob("migrations/*.py")]
    for path in sorted([*files, ROOT / "portal" / "db.py", ROOT / "requirements.txt"]):
        total.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return total.hexdigest()[:16]
