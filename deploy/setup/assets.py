"""The browser's bundles, built by Node into static/dist/, and the catalogues of translations."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from deploy.setup.commands import run_logged
from deploy.setup.console import step, warn
from deploy.setup.locks import locked
from deploy.setup.node import node_path
from deploy.setup.paths import (
    BUNDLES,
    FRONTEND,
    LOGS,
    ROOMS,
    ROOT,
    STAMPS,
    STATIC_ROOT,
    VENV_PYTHON,
)
from deploy.setup.stamps import digest, stamp_matches, stamp_write

UNUSED = ("--ignore=rest_framework", "--ignore=redoc")  # pages that Berth doesn't have
OUTSIDE_SOURCES = {"node_modules", "tests"}


def assets_ensure() -> None:
    """Install the locked npm packages and build the bundles, each when its sources changed."""
    if not (FRONTEND / "package.json").is_file():
        warn("There is no frontend/ in this tree: pages come without styles and scripts.")
        return
    with locked("assets"):
        sources = digest(_sources())
        stamp = BUNDLES / ".berth-stamp"  # goes away with the bundles
        if stamp_matches(stamp, sources):
            return
        environment = os.environ | {"PATH": node_path()}
        _modules_ensure(environment)
        with step("Building styles and scripts") as ticker:
            run_logged(
                ["npm", "run", "build"],
                log=LOGS / "setup-assets.log",
                ticker=ticker,
                env=environment,
                cwd=FRONTEND,
            )
        stamp_write(stamp, sources)


def static_collect(environment: dict[str, str], target: Path = STATIC_ROOT) -> None:
    """Gather static files with hashed names for whitenoise, when one of them changed.

    The environment's BERTH_STATIC_ROOT names the target too.
    """
    with locked("assets"):
        found = (ROOT / "static").rglob("*")
        files = [path for path in found if path.is_file() and not path.name.startswith(".")]
        value = digest([*files, ROOT / "requirements.txt"], str(target))
        stamp = STAMPS / target.name
        if stamp_matches(stamp, value) and target.is_dir():
            return
        with step("Gathering static files") as ticker:
            run_logged(
                [VENV_PYTHON, "manage.py", "collectstatic", "--no-input", "--clear", *UNUSED],
                log=LOGS / "setup-static.log",
                ticker=ticker,
                env=environment,
            )
        stamp_write(stamp, value)


def messages_compile() -> None:
    """Compile translations that are newer than their compiled form."""
    stale = [
        path
        for path in ROOT.glob("portal/locale/*/LC_MESSAGES/*.po")
        if not (done := path.with_suffix(".mo")).is_file()
        or done.stat().st_mtime < path.stat().st_mtime
    ]
    if not stale:
        return
    program = "import polib, sys; polib.pofile(sys.argv[1]).save_as_mofile(sys.argv[2])"
    for path in stale:
        draft = path.with_suffix(f".{os.getpid()}.new")  # two commands at once are no harm
        run_logged([VENV_PYTHON, "-c", program, path, draft], log=LOGS / "setup-messages.log")
        draft.replace(path.with_suffix(".mo"))


def _modules_ensure(environment: dict[str, str]) -> None:
    modules = FRONTEND / "node_modules"
    lock = digest([FRONTEND / "package.json", FRONTEND / "package-lock.json"])
    if stamp_matches(modules / ".berth-stamp", lock):
        return
    with step("Installing the frontend's packages, as locked (npm ci)") as ticker:
        run_logged(
            # No package's own scripts: what is needed comes ready for each platform.
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress"],
            log=LOGS / "setup-npm.log",
            ticker=ticker,
            env=environment,
            cwd=FRONTEND,
        )
    stamp_write(modules / ".berth-stamp", lock)


def _sources() -> Iterable[Path]:
    """List what decides the bundles: sources, and every file whose class names keep a style."""
    for path in FRONTEND.rglob("*"):
        if path.is_file() and not OUTSIDE_SOURCES & set(path.relative_to(FRONTEND).parts):
            yield path
    yield from (ROOT / "templates").rglob("*.html")
    for room in ROOMS:
        for pattern in ("*.html", "*.py"):
            yield from (ROOT / room).rglob(pattern)
