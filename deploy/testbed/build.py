"""Builds etcd, KWOK and Kubernetes from their Go modules into the cache, once per version."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.testbed.errors import BuildError
from deploy.testbed.toolchain import find_go
from deploy.testbed.versions import ETCD, KWOK, Component, find_kubernetes, list_components

Progress = Callable[[str], None]
STAMP = "build.json"
PROGRESS_EVERY_SECONDS = 15.0
LOG_TAIL_LINES = 15
# Go names a program after its import path; etcd's ends in server/v3.
RENAMED = {"server": "etcd"}
UPSTREAM_STAGES = ("kustomize/stage/node/fast/node-initialize.yaml",)


@dataclass(frozen=True)
class Programs:
    """Directories of the built programs of one bed."""

    etcd: Path
    kwok: Path
    kubernetes: Path

    @property
    def kubectl(self) -> Path:
        """The kubectl that belongs to the server's version."""
        return self.kubernetes / "kubectl"

    @property
    def upstream_stages(self) -> Path:
        """Directory with the Stage files that KWOK itself publishes."""
        return self.kwok / "stages"


def print_progress(line: str) -> None:
    """Write a progress line to standard error, so that standard output stays for results."""
    print(line, file=sys.stderr, flush=True)


def is_built(component: Component) -> bool:
    """Tell whether the cache holds this component, built from the very same inputs."""
    try:
        stamp = json.loads((component.target / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(stamp.get("fingerprint") == component.fingerprint)


def ensure_built(
    version: str, *, progress: Progress = print_progress, niceness: int = 5
) -> Programs:
    """Build what is missing for a Kubernetes minor version and return where the programs are.

    Takes about eleven minutes on two cores the first time and nothing afterwards. Two callers at
    once are safe: the second waits. Raises ToolchainMissing or BuildError.
    """
    components = list_components(version)
    for component in components:
        if is_built(component):
            continue
        with _build_lock(component, progress):
            if not is_built(component):
                _build(component, progress=progress, niceness=niceness)
    return find_programs(version)


def find_programs(version: str) -> Programs:
    """Return where the programs of a version lie, built or not."""
    return Programs(etcd=ETCD.target, kwok=KWOK.target, kubernetes=find_kubernetes(version).target)


@contextmanager
def _build_lock(component: Component, progress: Progress) -> Iterator[None]:
    """Hold the lock of one component's build; the kernel drops it if the holder dies."""
    component.target.parent.mkdir(parents=True, exist_ok=True)
    path = component.target.parent / f".{component.target.name}.lock"
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"Another process builds {_name(component)}; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(component: Component, *, progress: Progress, niceness: int) -> None:
    """Build one component into a directory beside the target, then put it in place at once."""
    go = find_go(needed=component.go_version, module_directory=component.directory)
    target = component.target
    log = target.parent / f"build-{target.name}.log"
    work = target.parent / f".{target.name}.new"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    started = time.monotonic()
    progress(f"Building {_name(component)} from source, once; the log is {log}.")
    total = _count_packages(go, component, log)
    command = ["nice", "-n", str(niceness), go, "build", "-v", "-trimpath", "-buildvcs=false"]
    command += ["-ldflags", component.linker_flags, "-o", f"{work}/", *component.packages]
    _run_build(command, component=component, log=log, total=total, progress=progress)
    for old, new in RENAMED.items():
        if (work / old).exists():
            (work / old).rename(work / new)
    if component is KWOK:
        _copy_upstream_stages(go, component, work / "stages")
    seconds = round(time.monotonic() - started, 1)
    stamp = {"fingerprint": component.fingerprint, "version": component.version}
    (work / STAMP).write_text(json.dumps({**stamp, "seconds": seconds}) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    work.rename(target)
    progress(f"Built {_name(component)} in {_elapsed(started)}.")


def _go_environment() -> dict[str, str]:
    """Build as the committed go.mod says, whatever the caller's Go settings are."""
    return {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}


def _count_packages(go: str, component: Component, log: Path) -> int:
    """Return how many packages the build may compile; downloads the modules on the way."""
    listing = subprocess.run(
        [go, "list", "-deps", *component.packages],
        cwd=component.directory,
        env=_go_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    log.write_text(listing.stderr, encoding="utf-8")
    if listing.returncode != 0:
        raise BuildError(_explain_failure(component, log))
    return listing.stdout.count("\n")


def _run_build(
    command: list[str], *, component: Component, log: Path, total: int, progress: Progress
) -> None:
    """Run the compiler, with a progress line now and then; raises BuildError with the log's end."""
    compiled = 0
    started = time.monotonic()
    finished = threading.Event()

    def report() -> None:
        while not finished.wait(PROGRESS_EVERY_SECONDS):
            progress(
                f"  {_name(component)}: {compiled} of at most {total} packages compiled, "
                f"{_elapsed(started)}"
            )

    reporter = threading.Thread(target=report, daemon=True)
    reporter.start()
    with log.open("a", encoding="utf-8") as sink:
        process = subprocess.Popen(
            command,
            cwd=component.directory,
            env=_go_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            for line in process.stdout or ():
                sink.write(line)
                compiled += 1
        except BaseException:
            process.terminate()  # no compiler stays behind when the caller is interrupted
            raise
        finally:
            process.wait()
            finished.set()
    reporter.join()
    if process.returncode != 0:
        raise BuildError(_explain_failure(component, log))


def _copy_upstream_stages(go: str, component: Component, target: Path) -> None:
    """Take KWOK's published Stage files out of its Go module."""
    answer = subprocess.run(
        [go, "list", "-m", "-f", "{{.Dir}}", component.module],
        cwd=component.directory,
        env=_go_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    target.mkdir()
    for name in UPSTREAM_STAGES:
        # Files of the module cache are read-only; the copy is to be removable.
        shutil.copyfile(Path(answer.stdout.strip()) / name, target / Path(name).name)


def _explain_failure(component: Component, log: Path) -> str:
    with log.open(encoding="utf-8", errors="replace") as lines:
        tail = "".join(deque(lines, maxlen=LOG_TAIL_LINES)).rstrip()
    return (
        f"Building {_name(component)} failed. Go modules must be reachable (see `go env GOPROXY`) "
        f"and about 8 GB of disk free. The whole log is {log}; it ends with:\n{tail}"
    )


def _name(component: Component) -> str:
    return f"{component.title} {component.version}"


def _elapsed(started: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - started), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
