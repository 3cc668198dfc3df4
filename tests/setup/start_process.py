"""bin/start as a person runs it: in a terminal, with a state directory of its own."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from deploy.setup.ports import port_choose

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 240
CLUSTERS = {"--kubeconfig", "--bed", "--no-cluster"}
GIVEN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BERTH_SEAL_KEY")


def wait_until(good: Callable[[], object], what: str, seconds: float = 30) -> None:
    """Wait for a condition; fail with `what` when it doesn't come."""
    deadline = time.monotonic() + seconds
    while not good():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)


def environment(state: Path) -> dict[str, str]:
    """What a person's shell has: nothing of this test run."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BERTH_", "PYTEST_", "DJANGO_")) and name not in GIVEN
    }
    return kept | {"BERTH_STATE_DIR": str(state)}


class Start:
    """A running bin/start and what it has printed: without clusters unless it is told otherwise."""

    def __init__(self, state: Path, *arguments: str, demo: bool = False) -> None:
        self.state, self.port = state, port_choose()
        self.output = state.with_suffix(f".{self.port}.out")
        self.terminal, inner = pty.openpty()
        clusters = [] if demo or CLUSTERS & set(arguments) else ["--no-cluster"]
        command = [ROOT / "bin" / "start", "--port", str(self.port), *clusters, *arguments]
        with self.output.open("wb") as sink:
            self.process = subprocess.Popen(
                command,
                env=environment(state),
                stdin=inner,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=self._take_terminal,
            )
        os.close(inner)

    @staticmethod
    def _take_terminal() -> None:
        os.close(os.open(os.ttyname(0), os.O_RDWR))  # the first one opened becomes ours

    @property
    def said(self) -> str:
        """Everything printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    @property
    def ready(self) -> bool:
        """Whether the line that ends set-up stands alone on its line."""
        return f"\nBerth is ready: http://127.0.0.1:{self.port}\n" in self.said

    def wait_ready(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait for set-up to end."""
        wait_until(lambda: self.ready or self.process.poll() is not None, self.said, seconds)
        assert self.ready, self.said

    def answers(self) -> bool:
        """Whether the pages answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/live", timeout=5) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def interrupt(self) -> int:
        """Press Ctrl-C in its terminal; return the exit code."""
        os.write(self.terminal, b"\x03")
        return self.process.wait(timeout=90)

    def family(self) -> dict[int, str]:
        """Every process that serves this state directory or was started by us: pid, command."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                words = [command, (entry / "environ").read_text(errors="replace")]
                words.append(
                    str((entry / "cwd").readlink())
                )  # some write over what they were given
            except OSError:
                continue
            ours = any(str(self.state) in word for word in words)
            if ours and int(entry.name) != self.process.pid:
                found[int(entry.name)] = command
        return found

    def pid_of(self, pattern: str) -> int:
        """The oldest process whose command matches."""
        return min(pid for pid, command in self.family().items() if re.search(pattern, command))

    def kill(self) -> None:
        """End everything at once, as a loss of power does: nothing is put in order or left over."""
        killed: set[int] = set()

        def gone() -> bool:
            found = self.family()
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.kill()
            killed.update(found)
            return not any(Path(f"/proc/{pid}").exists() for pid in killed)

        wait_until(gone, "somebody outlived it")
        self.process.wait()

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=90)
        os.close(self.terminal)
