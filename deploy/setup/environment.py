"""The virtual environment in .venv and the hash-locked packages in it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from deploy.setup.commands import output_of, run_logged
from deploy.setup.console import step, warn
from deploy.setup.errors import SetupError
from deploy.setup.locks import locked
from deploy.setup.paths import LOGS, ROOT, VENV, VENV_PYTHON, state_prepare
from deploy.setup.pip_fetch import pip_install
from deploy.setup.stamps import digest, stamp_matches, stamp_write

RUN = ROOT / "requirements.txt"
DEV = ROOT / "requirements-dev.txt"
MINIMUM = (3, 11)
FREE_BYTES_NEEDED = 1_500_000_000


def packages_ensure(*, dev: bool) -> None:
    """Make the environment and install what is locked; do nothing when it's all there."""
    state_prepare()
    with locked("venv"):
        _venv_ensure()
        if dev:
            requirements_install(DEV, covers=(RUN,))
        else:
            requirements_install(RUN)


def requirements_install(requirements: Path, *, covers: tuple[Path, ...] = ()) -> None:
    """Install a lock file, once per content; `covers` names lock files that it includes."""
    wanted = {_stamp(path): digest([path]) for path in (requirements, *covers)}
    if all(stamp_matches(stamp, value) for stamp, value in wanted.items()):
        return
    _space_check()
    count = sum("==" in line for line in requirements.read_text(encoding="utf-8").splitlines())
    with step(f"Installing {count} packages from {requirements.name}, by hash") as ticker:
        run_logged(
            # The lock is complete and every package has a wheel: nothing to resolve or to build.
            # Bytecode comes with the first import of what is used, which is far less than all.
            [
                str(VENV_PYTHON),
                "-m",
                "pip",
                "install",
                "--require-hashes",
                "--no-deps",
                "--no-input",
            ]
            + [
                "--only-binary=:all:",
                "--no-compile",
                "--progress-bar=off",
                "-r",
                str(requirements),
            ],
            log=LOGS / "setup-packages.log",
            ticker=ticker,
            env=os.environ
            | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"},
        )
    for stamp, value in wanted.items():
        stamp_write(stamp, value)


def _stamp(requirements: Path) -> Path:
    return VENV / f"berth-{requirements.stem}.stamp"  # goes away with the environment


def _venv_ensure() -> None:
    if VENV.exists() and not _venv_works():
        warn("The environment in .venv doesn't work (was its Python removed?): making it again.")
        shutil.rmtree(VENV)
    if VENV.exists():
        return
    _space_check()
    with step(f"Making the Python environment .venv (Python {sys.version.split()[0]})"):
        has_pip = bool(importlib.util.find_spec("ensurepip"))
        options = [] if has_pip else ["--without-pip"]
        run_logged([sys.executable, "-m", "venv", *options, VENV], log=LOGS / "setup-venv.log")
        if not has_pip:
            pip_install()


def _venv_works() -> bool:
    probe = "import sys, ssl, ctypes, pip; print(*sys.version_info[:2])"
    words = output_of([VENV_PYTHON, "-c", probe]).split()
    return len(words) == 2 and tuple(map(int, words)) >= MINIMUM


def _space_check() -> None:
    free = shutil.disk_usage(ROOT).free
    if free < FREE_BYTES_NEEDED:
        msg = (
            f"Only {free // 1_000_000} MB are free on the disk of {ROOT}; Berth's packages need"
            f" about {FREE_BYTES_NEEDED // 1_000_000} MB. Free some space and run this again."
        )
        raise SetupError(msg)
