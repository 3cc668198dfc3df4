"""bin/check: linters, architecture, types, migrations, translations; the cheap ones first."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass

from deploy.setup.check_environment import check_environment
from deploy.setup.console import paint, say, seconds, warn
from deploy.setup.environment import packages_ensure
from deploy.setup.errors import SetupError, errors_worded
from deploy.setup.node import node_path
from deploy.setup.paths import FRONTEND, ROOT, VENV

DJANGO = "5.2"
MODULES = FRONTEND / "node_modules" / "typescript"


@dataclass(frozen=True)
class Check:
    """One program that must end with 0; `mend` says what puts most findings right."""

    title: str
    command: tuple[str, ...]
    slow: bool = False
    mend: str = ""
    node: bool = False  # whether it needs npm, which may come from a wheel


def checks_list() -> list[Check]:
    """Return all checks in order; paths are relative to the repository."""
    tool = f"{VENV / 'bin'}/"
    python = f"{tool}python"
    templates = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))
    checks = [
        Check("ruff", (f"{tool}ruff", "check"), mend=".venv/bin/ruff check --fix"),
        Check("format", (f"{tool}ruff", "format", "--check"), mend=".venv/bin/ruff format"),
        Check("imports", (f"{tool}lint-imports", "--no-logo"), mend="the contracts: .importlinter"),
        Check("types", (python, "-m", "mypy")),
        Check(
            "migrations",
            (python, "manage.py", "makemigrations", "--check", "--dry-run"),
            slow=True,
            mend="bin/py manage.py makemigrations",
        ),
        Check("translations", (python, "-m", "deploy.setup.messages"), slow=True),
    ]
    if templates:
        djade = (f"{tool}djade", "--target-version", DJANGO)
        mend = f".venv/bin/djade --target-version {DJANGO} FILES"
        checks.insert(2, Check("templates", (*djade, "--check", *templates), mend=mend))
        checks.insert(4, Check("markup", (f"{tool}djlint", "templates", "--lint", "--quiet")))
    if MODULES.is_dir():
        scripts = ("npm", "--prefix", str(FRONTEND), "run", "--silent", "types")
        checks.append(Check("scripts", scripts, slow=True, node=True))
    return checks


def checks_run(*, fast: bool) -> bool:
    """Run the checks one after the other, say how each ended; return whether all passed."""
    started, failed = time.monotonic(), []
    for check in checks_list():
        if fast and check.slow:
            continue
        if not _passes(check):
            failed.append(check.title)
    if not (fast or MODULES.is_dir()):
        say(f"   {'scripts':<13} left out: no npm packages are installed (bin/test installs them)")
    total = seconds(time.monotonic() - started)
    if failed:
        warn(f"bin/check: {', '.join(failed)} found something ({total})")
    else:
        say(f"bin/check: all is well ({total})")
    return not failed


def _passes(check: Check) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=check_environment() | ({"PATH": node_path()} if check.node else {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    took = seconds(time.monotonic() - started)
    if done.returncode == 0:
        say(f"   {check.title:<13} {paint('ok', '32'):<8} {took}")
        return True
    say(f"   {check.title:<13} {paint('FAILED', '31')} {took}")
    say("\n".join(f"      {line}" for line in done.stdout.strip().splitlines()))
    if check.mend:
        say(f"      -> {check.mend}")
    return False


def main(arguments: list[str]) -> int:
    """Set up the environment where needed, then check."""
    parser = argparse.ArgumentParser(prog="bin/check", description=__doc__)
    parser.add_argument("--fast", action="store_true", help="skip the slowest, for each commit")
    options = parser.parse_args(arguments)
    try:
        with errors_worded():
            packages_ensure(dev=True)
            return 0 if checks_run(fast=options.fast) else 1
    except SetupError as error:
        warn(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
