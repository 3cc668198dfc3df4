"""Starts and ends the processes of a bed by process id and start time together.

A process id alone may belong to somebody else after a restart of the machine; with the start time
(field 22 of /proc/PID/stat, in clock ticks since boot) and the boot's id it names one process.
"""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.testbed.errors import BedError

POLL_SECONDS = 0.02
RECORD_SECONDS = 10.0
# The inner shell writes its own line of /proc before it becomes the program, so that a record
# exists even when the starter is killed in between: $$ stays the same across exec. The outer one
# leaves at once, so that the program is nobody's child and outlives its starter.
LAUNCHER = """
/bin/sh -c '
record=$1; shift
{ cat /proc/sys/kernel/random/boot_id; cat "/proc/$$/stat"; } > "$record.new" || exit 70
mv "$record.new" "$record" || exit 70
exec "$@"
' launcher "$@" &
"""


@dataclass(frozen=True)
class ProcessRecord:
    """One started process: its id, its start in clock ticks since boot, and which boot."""

    pid: int
    start_ticks: int
    boot_id: str

    def is_alive(self) -> bool:
        """Tell whether exactly this process still runs (a zombie does not)."""
        if self.boot_id != _read_boot_id():
            return False
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return False
        state, ticks = _parse_stat(stat)[1:]
        return ticks == self.start_ticks and state not in ("Z", "X")

    def send(self, number: signal.Signals) -> None:
        """Send a signal if the process still is the recorded one."""
        if self.is_alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def start_process(
    command: Sequence[str], *, record: Path, log: Path, environment: dict[str, str]
) -> ProcessRecord:
    """Start a command detached, with its record file and its output appended to a log."""
    record.unlink(missing_ok=True)
    with log.open("ab") as sink:
        subprocess.run(
            ["/bin/sh", "-c", LAUNCHER, "launcher", str(record), *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            check=True,
        )
    deadline = time.monotonic() + RECORD_SECONDS
    while (process := read_record(record)) is None:
        if time.monotonic() > deadline:
            raise BedError(f"{command[0]} did not start; see {log}.")
        time.sleep(POLL_SECONDS / 4)
    return process


def read_record(record: Path) -> ProcessRecord | None:
    """Return the process of a record file, or None where there is no readable one."""
    try:
        boot_id, stat = record.read_text(encoding="utf-8").splitlines()[:2]
        pid, _, ticks = _parse_stat(stat)
    except (OSError, ValueError, IndexError):
        return None
    return ProcessRecord(pid=pid, start_ticks=ticks, boot_id=boot_id)


def is_running(record: Path) -> bool:
    """Tell whether the process of a record file runs."""
    process = read_record(record)
    return process is not None and process.is_alive()


def stop_process(record: Path, *, patience_seconds: float = 10.0) -> None:
    """End the recorded process: SIGTERM, then SIGKILL. Nothing there is fine."""
    process = read_record(record)
    if process is not None:
        process.send(signal.SIGCONT)  # a frozen process cannot act on SIGTERM
        process.send(signal.SIGTERM)
        if not wait_for_end(process, patience_seconds):
            process.send(signal.SIGKILL)
            if not wait_for_end(process, patience_seconds):
                raise BedError(f"Process {process.pid} does not end, not even by SIGKILL.")
    record.unlink(missing_ok=True)


def wait_for_end(process: ProcessRecord, seconds: float) -> bool:
    """Wait until the process has ended; False after `seconds`."""
    deadline = time.monotonic() + seconds
    while process.is_alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _parse_stat(stat: str) -> tuple[int, str, int]:
    """Return (process id, state, start ticks) of a /proc/PID/stat line.

    The command name in brackets may hold spaces and brackets itself: count from its end (proc(5)).
    """
    head, tail = stat.rsplit(")", 1)
    fields = tail.split()
    return int(head.split(" ", 1)[0]), fields[0], int(fields[19])


def _read_boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
