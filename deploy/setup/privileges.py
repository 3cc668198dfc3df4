"""PostgreSQL refuses to run as root: run it as `nobody` there, with no right it doesn't need."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from pathlib import Path

from deploy.setup.errors import SetupError

USER = "nobody"


def command_unprivileged(command: list[str], *, reaches: list[Path], signal: str = "") -> list[str]:
    """Wrap a command of root's so that it runs as `nobody`; leave anybody else's as it is.

    With a `signal` (INT, TERM) it gets that when its parent dies: a change of user takes away
    what a child asked of the kernel before.

    Where the way to one of the paths it `reaches` is closed to others (a clone in a home
    directory), the process keeps the one capability that opens it; nothing is chmod-ed.
    """
    if os.geteuid() != 0:
        return command
    account = pwd.getpwnam(USER)
    wrapped = [_setpriv(), f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}"]
    wrapped += ["--clear-groups"]
    if not all(_open_to_others(path) for path in reaches):
        # Without that bit access(2), which initdb asks, looks at the user alone.
        wrapped += ["--securebits=+no_setuid_fixup"]
        wrapped += ["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"]
    if signal:
        wrapped += [f"--pdeathsig={signal}"]
    return [*wrapped, *command]


def directory_give(path: Path) -> None:
    """Make a directory that the unprivileged command owns alone."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    if os.geteuid() == 0:
        account = pwd.getpwnam(USER)
        os.chown(path, account.pw_uid, account.pw_gid)


def file_give(path: Path, text: str) -> None:
    """Write a file that the unprivileged command alone may read."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as sink:
        sink.write(text)
    if os.geteuid() == 0:
        account = pwd.getpwnam(USER)
        os.chown(path, account.pw_uid, account.pw_gid)


def _setpriv() -> str:
    found = shutil.which("setpriv")
    if not found:
        msg = "The program setpriv is missing: install the package util-linux and run this again."
        raise SetupError(msg)
    return found


def _open_to_others(path: Path) -> bool:
    parents = path.resolve().parents
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in parents)
