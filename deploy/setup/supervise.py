"""Child processes: started together, restarted when they fall, ended together, never orphaned."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from deploy.setup.console import paint, say, seconds, warn
from deploy.setup.paths import ROOT

PR_SET_PDEATHSIG = 1
BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
STEADY_SECONDS = 60.0  # up for so long, a fall counts as the first again
STOP_SECONDS = 40.0  # a worker may take 30 to end what it has begun
LOG_BYTES = 20_000_000
_libc = ctypes.CDLL(None, use_errno=True)  # loaded before any fork


def die_with_parent(number: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """Return what a new child runs first: a signal for it when we die, however we die.

    The kernel ties this to the thread that started the child: start children from the main one.
    """
    parent = os.getpid()

    def ask_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # we died before it asked
            os.kill(os.getpid(), number)

    return ask_kernel


class Guardian:
    """Our end of the process that ends what we leave behind when we are killed."""

    process: subprocess.Popen[str] | None = None

    def watch(self, group: int) -> None:
        """Let it know of a process group."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.setup.guardian", str(STOP_SECONDS)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
        print(group, file=self.process.stdin, flush=True)

    def dismiss(self) -> None:
        """Let it go, when everything it watches has ended."""
        if self.process is not None:
            self.process.communicate()
            self.process = None


GUARDIAN = Guardian()


@dataclass
class Child:
    """One process: its name before each of its lines, its command, its own environment."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    log: Path
    colour: str = "36"
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    due_at: float | None = None
    falls: int = 0
    shown: threading.Thread | None = field(default=None, repr=False)
    log_lost: bool = False  # said once, not for every line

    def start(self) -> None:
        """Start it, with its output on the terminal and in its log."""
        self.started_at, self.due_at = time.monotonic(), None
        self.process = subprocess.Popen(
            [str(word) for word in self.command],
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches us alone; we end it in order
            preexec_fn=die_with_parent(),
        )
        GUARDIAN.watch(self.process.pid)
        self.shown = threading.Thread(target=self._show, args=(self.process,), daemon=True)
        self.shown.start()

    def look(self) -> None:
        """Start it again when it has fallen, each time after a longer wait."""
        now = time.monotonic()
        if self.due_at is not None and now >= self.due_at:
            self.start()
        if self.process is None or self.due_at is not None or self.process.poll() is None:
            return
        self.falls = 0 if now - self.started_at > STEADY_SECONDS else self.falls
        wait = BACKOFF_SECONDS[min(self.falls, len(BACKOFF_SECONDS) - 1)]
        self.falls += 1
        self.due_at = now + wait
        code = self.process.returncode
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        warn(f"{self.name} {how}: starting it again in {seconds(wait)} (log: {self.log})")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, or to its whole group where it must go at once."""
        if self.process is None or self.process.poll() is not None:
            return
        if number is signal.SIGKILL:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self.process is not None and self.process.poll() is None

    def _show(self, process: subprocess.Popen[str]) -> None:
        prefix = paint(f"{self.name:<8}|", self.colour)
        self._keep("")  # whoever waits for this process reads the file, also without a line
        for line in process.stdout or ():  # to its end, whatever happens: a full pipe stops it
            with suppress(OSError):  # the terminal is gone, or is a file on a full disk
                self._keep(line)
                say(f"{prefix} {line.rstrip()}")

    def _keep(self, line: str) -> None:
        try:
            with _log_open(self.log) as sink:
                sink.write(line)
        except OSError as error:
            if not self.log_lost:
                self.log_lost = True
                warn(f"{self.log} can't be written ({error.strerror}): {self.name} goes on.")


def children_run(
    children: Sequence[Child], stop: threading.Event, look: Callable[[], None]
) -> None:
    """Watch over started children, and call `look` as well, until `stop` is set."""
    while not stop.wait(0.2):
        look()
        for child in children:
            child.look()


def children_stop(children: Sequence[Child], hurry: threading.Event) -> None:
    """End all children in order of the list: ask, wait, then insist. `hurry` insists at once."""
    for child in children:
        child.due_at = None
        child.signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    told = time.monotonic()
    while any(child.running for child in children):
        if hurry.is_set() or time.monotonic() > deadline:
            for child in children:
                if child.running:
                    warn(f"{child.name} did not end in time and was killed.")
                    child.signal(signal.SIGKILL)
            break
        if time.monotonic() - told > 5:
            told = time.monotonic()
            names = ", ".join(child.name for child in children if child.running)
            say(f"   ... waiting for {names} (Ctrl-C again ends it at once)")
        time.sleep(0.05)
    for child in children:
        if child.shown is not None:
            child.shown.join(timeout=2)


def _log_open(path: Path) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return path.open("a", encoding="utf-8")
