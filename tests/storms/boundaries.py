"""Where a job may be killed: a tracer that names boundaries, and children that die at one.

A boundary is a COMMIT of a scope, before and after it, and a call to the cluster, before it is
sent and after it has landed. A COMMIT of nothing is none for whoever dies: it leaves what it would
have left at the boundary before. Whoever sleeps there wakes up with what it has read, so for those
it is one (`reads`). A boundary is named by the step, the place in the program and how often the
step had come there, so that it is found again in another run. Whoever runs a job is a forked child:
a SIGKILL takes nothing with it but the child.
"""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

import msgspec
from django.db import DatabaseError, connection, connections

from inventory.selectors import connections as selectors
from portal import faults
from portal.jobs import requests, runner
from portal.jobs.lease import Lease
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES
from portal.scope import scope
from portal.viewer import Viewer

POINTS = ("db.before_commit", "db.after_commit", "cluster.before", "cluster.after")
PASSED_OVER = ("scope.py", "contextlib.py", "context.py", "faults.py", "boundaries.py")
NUMBERED = re.compile(r"(?<=/)[^/]*-[^/]*\d[^/]*(?=/|$)")
PAUSE_SECONDS = 0.08
TESTS = Viewer.system("tests")


class Boundary(msgspec.Struct, frozen=True):
    """A place where a run can end: in which step, what, where, and the how-manyth time there."""

    step: str
    name: str
    where: str
    nth: int


class Tracer:
    """Names each boundary that the main thread of this process comes to."""

    def __init__(
        self,
        meet: Callable[[Boundary], None],
        enter: Callable[[str], None] | None = None,
        *,
        reads: bool,
    ) -> None:
        self._meet = meet
        self._reads = reads
        self._step = ""
        self._wrote = False
        self._seen: Counter[tuple[str, str]] = Counter()
        load, claim = runner._load, runner.lease_claim

        def claiming(**job: Any) -> Any:
            self._step = ""
            self._seen.clear()
            return claim(**job)

        def loading(lease: Any) -> Any:
            found = load(lease)
            self._step = found[1].name
            self._seen.clear()
            if enter is not None:
                enter(self._step)
            return found

        runner._load, runner.lease_claim = loading, claiming
        faults.install(self._note)

    def _note(self, name: str, facts: dict[str, Any]) -> None:
        main = threading.current_thread() is threading.main_thread()
        if not main or name not in POINTS or facts.get("verb") == "WATCH":
            return
        if name == "db.before_commit":
            self._wrote = self._reads or _has_written()
        if name.startswith("db.") and not self._wrote:
            return
        if "path" in facts:
            where = f"{facts['verb']} {NUMBERED.sub('*', facts['path'].partition('?')[0])}"
        else:
            where = _caller(sys._getframe(1))
        self._seen[name, where] += 1
        self._meet(Boundary(self._step, name, where, self._seen[name, where]))


def _has_written() -> bool:
    """Tell whether the open transaction has written or locked anything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        return bool(cursor.fetchone()[0])


def _caller(frame: FrameType | None) -> str:
    """The function of ours that opened the scope."""
    while frame is not None:
        path = frame.f_code.co_filename
        if not path.endswith(PASSED_OVER):
            return f"{path.rpartition('/')[2].removesuffix('.py')}.{frame.f_code.co_name}"
        frame = frame.f_back
    return ""


def trace(job_id: int, *, reads: bool = False) -> list[Boundary]:
    """Let a child run a job to its end, undisturbed; give the boundaries it came to, each once."""
    reading, writing = os.pipe()

    def body() -> None:
        met: dict[Boundary, None] = {}
        Tracer(lambda boundary: met.setdefault(boundary), reads=reads)
        _finish([job_id])
        with os.fdopen(writing, "wb") as out:
            out.write(msgspec.json.encode(list(met)))

    child = fork(body)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    assert wait_for([child]) == [0]
    return msgspec.json.decode(data, type=list[Boundary])


def fork_at(
    job_id: int,
    boundary: Boundary,
    how: signal.Signals,
    *,
    reads: bool = False,
    freeze: tuple[str, int] | None = None,
) -> int:
    """Run a job in a child that signals itself when it comes to a boundary; return its pid.

    `freeze` is a step and a process that the child stops on entering it: the caller lets it go
    on. So a run is made to wait where the cluster is mostly faster than it.
    """

    def body() -> None:
        def meet(met: Boundary) -> None:
            if met == boundary:
                os.kill(os.getpid(), how)

        def enter(step: str) -> None:
            if freeze is not None and step == freeze[0]:
                os.kill(freeze[1], signal.SIGSTOP)

        Tracer(meet, enter, reads=reads)
        _finish([job_id])

    return fork(body)


def fork_finish(job_ids: list[int], *, seconds: float) -> int:
    """Another worker: takes jobs to their ends, whoever began them; return its pid."""
    return fork(lambda: _finish(job_ids, seconds=seconds))


def fork(body: Callable[[], None]) -> int:
    """Run something in a child that leaves without the parent's clean-up."""
    connections.close_all()
    gc.freeze()  # so that the child's collector touches nothing of ours
    pid = os.fork()
    if pid == 0:
        _child(body)
    return pid


def _child(body: Callable[[], None]) -> NoReturn:
    code = 1
    try:
        # Sockets that were open before the fork belong to the parent.
        selectors._clients.clear()
        requests.ring = lambda **_: True
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 2000")
        body()
        code = 0
    except BaseException:  # noqa: BLE001 (nobody above would see it)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _finish(job_ids: list[int], *, seconds: float = 60.0) -> None:
    """Run jobs claim after claim until all are final. Nobody waits for the clock here."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with faults.silenced(), scope(TESTS):
            ours = JobRun.objects.filter(pk__in=job_ids, state__in=ACTIVE_STATES)
            ours.filter(state__in=("waiting", "compensating"), lease_until=None).update(
                due_at="2000-01-01T00:00Z"
            )
            left = list(ours.order_by("pk").values_list("pk", flat=True))
        if not left:
            return
        ran = 0
        for job_id in left:
            try:
                ran += runner.job_run(job_id=job_id)
            except DatabaseError:  # somebody sleeps on the row of the job
                connection.close()
        time.sleep(PAUSE_SECONDS if len(job_ids) == 1 else PAUSE_SECONDS * 6)


def unfenced(_lease: Lease) -> None:
    """What `fence` would be without the epoch: everybody may write."""


class ChildHangs(AssertionError):
    """A child neither ended nor stopped in time; it has been killed."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended, or that it stopped."""

    pid: int
    status: int

    @property
    def code(self) -> int:
        """The exit code; minus the signal's number for one that a signal ended or stopped."""
        if os.WIFSTOPPED(self.status):
            return -os.WSTOPSIG(self.status)
        return os.waitstatus_to_exitcode(self.status)


def wait_one(pids: list[int], *, seconds: float = 90.0) -> Ended:
    """Wait until one of these children ends or stops; one that hangs is killed, and is an error."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for pid in pids:
            found, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
            if found:
                return Ended(pid, status)
        time.sleep(0.002)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    raise ChildHangs(f"{len(pids)} children did nothing for {seconds:.0f} s")


def wait_for(*pids: list[int], seconds: float = 300.0) -> list[int]:
    """Wait until all have ended; give their exit codes in the order in which they ended."""
    left = [pid for some in pids for pid in some]
    codes = []
    while left:
        ended = wait_one(left, seconds=seconds)
        left.remove(ended.pid)
        codes.append(ended.code)
    return codes
