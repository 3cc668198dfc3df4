"""bin/test: everything from a fresh clone to the last test, with honest words and exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.setup.assets import assets_ensure, messages_compile, static_collect
from deploy.setup.check import checks_run
from deploy.setup.check_environment import check_environment
from deploy.setup.console import paint, say, seconds, warn
from deploy.setup.environment import packages_ensure
from deploy.setup.errors import SetupError, errors_worded
from deploy.setup.paths import ROOT, STATE, VENV_PYTHON
from deploy.setup.test_servers import servers_ensure, servers_hold, servers_stop_if_unused
from deploy.setup.tools import Missing, bed_ensure, tools_missing

NO_TESTS = 5  # pytest's exit code when nothing was selected
WORKERS = "3"  # on two cores: a good part of the time goes into waiting
FILES = "2"
STATIC = STATE / "test-static"
FULL = ("--durations=10", "--durations-min=2")
# What waits for clusters and browsers leaves half of a machine idle, so two files of it run side by
# side; storms measure themselves against the machine and have it for themselves.
PARTS = (
    (f"tests, {WORKERS} at a time", "not (bed or browser or storm)", ("-n", WORKERS)),
    (
        f"tests with a bed or a browser, {FILES} files at a time",
        "(bed or browser) and not storm",
        ("-n", FILES, "--dist", "loadfile"),
    ),
    ("storms, alone", "storm", ()),
)
USAGE = """\
bin/test [--long] [arguments of pytest]
Sets everything up, runs bin/check, then all tests. With arguments of pytest it runs just these
tests: bin/test tests/portal -k name. --long adds the tests marked so."""


@dataclass
class Suite:
    """One run: its options, its phases with their durations, what failed, what was left out."""

    long: bool
    phases: list[tuple[str, float, bool]] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    long_left_out: set[str] = field(default_factory=set)
    holder: int | None = None  # says to others that we use the servers
    started: bool = False  # whether it was us who started them

    @contextmanager
    def phase(self, title: str) -> Iterator[list[bool]]:
        """Time a phase; the block appends False to what it's given when something failed."""
        say(paint(f"== {title}", "1"))
        started, results = time.monotonic(), [True]
        try:
            yield results
        except BaseException:
            results.append(False)
            raise
        finally:
            self.phases.append((title, time.monotonic() - started, all(results)))

    def everything(self) -> bool:
        """Run all phases, also after one that failed; return whether all passed."""
        with self.phase("set-up"):
            self._set_up()
        with self.phase("bin/check") as results:
            results.append(checks_run(fast=False))
        absent = [f"not {marker}" for marker in self._absent()]
        for title, chosen, spread in PARTS:
            with self.phase(title) as results:
                marks = " and ".join([chosen, *absent])
                code = self.tests_run([*spread, "-m", marks, *FULL])
                results.append(code == 0 or (bool(absent) and code == NO_TESTS))
        return all(passed for _, _, passed in self.phases)

    def some(self, arguments: list[str]) -> bool:
        """Run the tests that pytest's arguments name, nothing else."""
        with self.phase("set-up"):
            self._set_up(bed=False)
        self.long |= any(word.startswith("-m") for word in arguments)  # they say which they want
        with self.phase("tests") as results:
            results.append(self.tests_run(arguments) == 0)
        return all(passed for _, _, passed in self.phases)

    def tests_run(self, arguments: list[str]) -> int:
        """Run tests; unless long ones are wanted too, leave them out and remember which."""
        absent = {"BERTH_TESTS_ABSENT": " ".join(self._absent())}  # others may stand in for them
        if self.long:
            return _pytest(arguments, **absent)
        with tempfile.TemporaryDirectory(prefix="berth-test-") as folder:
            note = Path(folder) / "left-out"
            absent["BERTH_TEST_LEFT_OUT"] = str(note)
            code = _pytest(["-p", "tests.left_out", *arguments], **absent)
            if note.exists():
                self.long_left_out |= set(note.read_text(encoding="utf-8").splitlines())
        return code

    def _absent(self) -> list[str]:
        """Markers of the tests that can't run here."""
        return [tool.marker for tool in self.missing if tool.marker]

    def summary(self) -> None:
        """Say what was run, how long it took, and what could not be run."""
        say(paint("== summary", "1"))
        for title, took, passed in self.phases:
            word = paint("passed", "32") if passed else paint("FAILED", "31")
            say(f"   {word:<8} {seconds(took):>12}  {title}")
        if self.long_left_out:
            count = len(self.long_left_out)
            say(f"   left out {count:>12}  tests marked long: bin/test --long runs them too")
        for tool in self.missing:
            warn(f"{tool.title} is missing.{_left_out_words(tool.marker)} {tool.remedy}")

    def close(self, *, keep_servers: bool) -> None:
        """Let go of the servers, and stop them if it was us who started them."""
        if self.holder is not None:
            os.close(self.holder)
        if self.started and not keep_servers:
            servers_stop_if_unused()

    def _set_up(self, *, bed: bool = True) -> None:
        packages_ensure(dev=True)
        self.holder = servers_hold()
        self.started = servers_ensure()
        assets_ensure()
        messages_compile()
        static_collect(check_environment() | {"BERTH_STATIC_ROOT": str(STATIC)}, STATIC)
        if bed:
            missing = bed_ensure()
            self.missing = ([missing] if missing else []) + tools_missing()


def _pytest(arguments: list[str], **more: str) -> int:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "BERTH_STATIC_ROOT": str(STATIC)} | more
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [str(VENV_PYTHON), "-m", "pytest", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # pytest has it too, and ends in its own time
            say("Stopping the tests ...")
            process.wait()
            raise


def _left_out_words(marker: str) -> str:
    """Say how many tests a missing tool kept from running; nothing where none is marked."""
    if not marker:
        return ""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [str(VENV_PYTHON), "-m", "pytest", "--collect-only", "-q", "-m", marker]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    count = sum("::" in line for line in done.stdout.splitlines())
    return f" {count} TESTS marked {marker} DID NOT RUN."


def main(arguments: list[str]) -> int:
    """Run, sum up, stop what was started; return the exit code."""
    if "--help" in arguments or "-h" in arguments:
        say(USAGE)
        return 0
    rest = [word for word in arguments if word != "--long"]
    suite = Suite(long="--long" in arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    passed = False
    try:
        with errors_worded():
            passed = suite.some(rest) if rest else suite.everything()
    except SetupError as error:
        warn(str(error))
    except KeyboardInterrupt:
        say("Stopped.")
    suite.summary()
    suite.close(keep_servers=bool(rest))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
