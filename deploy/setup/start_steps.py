"""The steps of bin/start between the servers and the processes: schema, accounts, cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.setup.commands import run_logged
from deploy.setup.console import say, step
from deploy.setup.paths import LOGS, ROOMS, ROOT, STATE, VENV_PYTHON
from deploy.setup.stamps import digest, stamp_matches, stamp_write

ACCOUNTS = STATE / "accounts.txt"


def manage(environment: dict[str, str], *words: str | Path) -> None:
    """Run one of Django's commands with its output in a log."""
    run_logged(
        [VENV_PYTHON, "manage.py", *words],
        log=LOGS / f"setup-{words[0]}.log",
        env=environment,
    )


def schema_migrate(environment: dict[str, str], *, stamps: Path | None) -> None:
    """Bring the tables up to date, as their owner.

    `stamps` is a folder beside a database of our own: what was done there isn't done again.
    """
    migrations = [path for room in ROOMS for path in (ROOT / room).rglob("migrations/*.py")]
    with _once(stamps, "migrated", [*migrations, ROOT / "requirements.txt"]) as needed:
        if needed:
            with step("Bringing the database's tables up to date"):
                manage(environment, "migrate", "--database", "owner", "--no-input")


def demonstration_make(environment: dict[str, str], *, stamps: Path) -> None:
    """Make the first accounts, named by role, and name the common device types.

    Passwords are made once and kept in the state directory.
    """
    sources = [ROOT / "tenants" / "demo.py", *(ROOT / "inventory").glob("catalogue*.py")]
    with _once(stamps, "demonstration", sources) as needed:
        if needed or not ACCOUNTS.is_file():
            with step("Making the first accounts and device types"):
                manage(environment, "demo_accounts", "--passwords", ACCOUNTS)
                manage(environment, "device_catalogue")


def accounts_show() -> None:
    """Print the accounts, or where they are."""
    if not ACCOUNTS.is_file():
        return
    say(f"Accounts (also in {ACCOUNTS}, readable by you alone):")
    for line in ACCOUNTS.read_text(encoding="utf-8").splitlines():
        name, _, password = line.partition(" ")
        say(f"   {name:<20} {password}")


def cluster_register(environment: dict[str, str], *, kubeconfig: Path, name: str) -> None:
    """Register a cluster, or give it the kubeconfig's credential when it's known already."""
    with step(f"Registering the cluster {name}"):
        manage(environment, "cluster_add", name, "--kubeconfig", kubeconfig)


def cluster_name(kubeconfig: Path) -> str:
    """Make a cluster's name from its file's: letters, digits and dashes, 40 at most."""
    name = re.sub(r"[^a-z0-9]+", "-", kubeconfig.stem.lower()).strip("-")[:40].strip("-")
    return "main" if name in {"", "config", "kubeconfig", "admin"} else name


def fleet_divide(environment: dict[str, str], *, name: str) -> None:
    """Divide our own cluster among the demonstration's teams, once its nodes are mirrored."""
    with step("Making pools and giving the teams quota"):
        manage(environment, "demo_fleet", "--cluster", name)


@contextmanager
def _once(stamps: Path | None, name: str, sources: list[Path]) -> Iterator[bool]:
    """Say whether a step is needed for these sources; remember that it was done."""
    stamp = stamps / name if stamps else None
    value = digest(sources) if stamp else ""
    needed = stamp is None or not stamp_matches(stamp, value)
    yield needed
    if stamp and needed:
        stamp_write(stamp, value)
