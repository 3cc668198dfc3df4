"""The database and the message server behind bin/start: our own, or those that the user names."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from deploy.setup.console import say, step, warn
from deploy.setup.database import APP, OWNER, RIGHTS, database_ensure, roles_ensure
from deploy.setup.errors import SetupError
from deploy.setup.paths import STATE
from deploy.setup.postgres import Postgres, query_run, script_run
from deploy.setup.valkey import Valkey

DATABASE = "berth"
SERVER_MINIMUM = 150000
QUESTION = (
    "SELECT current_setting('server_version_num'), rolsuper OR rolbypassrls"
    " FROM pg_roles WHERE rolname = current_user"
)


class Services:
    """What is started here is stopped here; what the user named is only checked."""

    def __init__(self, given: Mapping[str, str] = os.environ) -> None:
        self.given = given
        self.postgres = Postgres(STATE / "postgres")
        self.valkey = Valkey(STATE / "valkey")
        self.started: list[tuple[Postgres | Valkey, subprocess.Popen[bytes]]] = []

    @property
    def own_database(self) -> bool:
        """Whether the database is ours: neither address was given."""
        return not (self.given.get("DATABASE_URL") or self.given.get("DATABASE_OWNER_URL"))

    def start(self) -> dict[str, str]:
        """Start what isn't given; return the addresses for the environment."""
        if self.own_database:
            database = self._postgres_start()
        else:
            say("-> Checking the database that DATABASE_URL names")
            database = self._database_check()
        return database | {"REDIS_URL": self.given.get("REDIS_URL") or self._valkey_start()}

    def look(self) -> None:
        """Start again what has fallen."""
        for index, (server, process) in enumerate(self.started):
            if process.poll() is not None:
                name = type(server).__name__
                warn(f"{name} ended with {process.returncode}: starting it again ({server.log})")
                self.started[index] = (server, server.start(die_with_parent=True))

    def find(self) -> dict[str, str]:
        """Return the addresses of what runs; raise SetupError where nothing does."""
        if self.own_database and not self.postgres.answers():
            msg = "Berth's PostgreSQL isn't running: run bin/start in this folder first."
            raise SetupError(msg)
        database = self._own_urls() if self.own_database else self._database_check()
        return database | {"REDIS_URL": self.given.get("REDIS_URL") or self.valkey.url()}

    def stop(self) -> None:
        """Stop what was started; the data stays."""
        self.started.clear()
        self.valkey.stop()
        self.postgres.stop()

    def _postgres_start(self) -> dict[str, str]:
        server = self.postgres
        with step("Starting PostgreSQL"):
            server.stop()  # one whose starter was killed
            server.initialise()
            self.started.append((server, server.start(die_with_parent=True)))
            if server.sql("SELECT 1", role=OWNER) != "1":
                roles_ensure(server)
            database_ensure(server, DATABASE)
        return self._own_urls()

    def _own_urls(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.url(APP, DATABASE),
            "DATABASE_OWNER_URL": self.postgres.url(OWNER, DATABASE),
        }

    def _valkey_start(self) -> str:
        with step("Starting Valkey"):
            self.valkey.stop()
            self.started.append((self.valkey, self.valkey.start(die_with_parent=True)))
        return self.valkey.url()

    def _database_check(self) -> dict[str, str]:
        names = ("DATABASE_URL", "DATABASE_OWNER_URL")
        missing = [name for name in names if not self.given.get(name)]
        if missing:
            msg = (
                f"{missing[0]} is not set. Berth uses two roles on one database: one that owns the"
                " tables, and one that the program runs as. docs/configuration.md shows how to"
                " make them."
            )
            raise SetupError(msg)
        urls = {name: self.given[name] for name in names}
        for name, url in urls.items():
            self._role_check(name, url)
        app, owner = (unquote(urlsplit(url).username or "") for url in urls.values())
        if app == owner:
            msg = (
                f"DATABASE_URL and DATABASE_OWNER_URL use the same role ({app}). The program must"
                " not own the tables, or row-level security would not hold it: make a second role"
                " (docs/configuration.md)."
            )
            raise SetupError(msg)
        quoted = '"' + app.replace('"', '""') + '"'
        script_run(self.postgres.binaries, urls["DATABASE_OWNER_URL"], RIGHTS.format(app=quoted))
        return urls

    def _role_check(self, name: str, url: str) -> None:
        answer = query_run(self.postgres.binaries, url, QUESTION)
        version, _, exempt = answer.partition("|")
        if not version:
            msg = f"{name} can't be reached: check host, port, database, user and password in it."
            raise SetupError(msg)
        if int(version) < SERVER_MINIMUM:
            msg = f"{name} is a PostgreSQL {int(version) // 10000}; Berth needs 15 or later."
            raise SetupError(msg)
        if exempt == "t" and name == "DATABASE_URL":
            msg = (
                "The role of DATABASE_URL is exempt from row-level security (superuser or"
                " BYPASSRLS): Berth doesn't run like that. docs/configuration.md has the two roles."
            )
            raise SetupError(msg)
