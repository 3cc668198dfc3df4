"""The steps of bin/start between the servers and the processes: schema, accounts, cluster."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.setup.commands import run_logged
from deploy.setup.console import Ticker, say, step
from deploy.setup.paths import LOGS, ROOMS, ROOT, STATE, VENV_PYTHON
from deploy.setup.stamps import digest, stamp_matches, stamp_write

ACCOUNTS = STATE / "accounts.txt"


def manage(environment: dict[str, str], *words: str | Path, ticker: Ticker | None = None) -> None:
    """Run one of Django's commands with its output in a log; `ticker` shows its last line."""
    run_logged(
        [VENV_PYTHON, "manage.py", *words],
        log=LOGS / f"setup-{words[0]}.log",
        env=environment,
        ticker=ticker,
    )


def schema_migrate(environment: dict[str, str], *, stamps: Path | None) -> None:
    """Bring the tables up to date, as their owner.

    `stamps` is a folder beside a database of our own: what was done there isn't done again.
    """
    migrations = [path for room in ROOMS for path in (ROOT / room).rglob("migrations/*.py")]
    with once(stamps, "migrated", [*migrations, ROOT / "requirements.txt"]) as needed:
        if needed:
            with step("Bringing the database's tables up to date"):
                manage(environment, "migrate", "--database", "owner", "--no-input")


def demonstration_make(environment: dict[str, str], *, stamps: Path) -> None:
    """Make the first accounts, named by role, and name the common device types.

    Passwords are made once and kept in the state directory.
    """
    sources = [ROOT / "tenants" / "demo.py", *(ROOT / "inventory").glob("catalogue*.py")]
    with once(stamps, "demonstration", sources) as needed:
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


def fleet_divide(environment: dict[str, str], *, names: list[str]) -> None:
    """Divide our own clusters among the demonstration's teams, once their nodes are mirrored."""
    with step(f"Waiting for nodes of {', '.join(names)}, and giving the teams quota"):
        manage(environment, "demo_fleet", "--cluster", *names)


def day_make(environment: dict[str, str]) -> None:
    """Let the demonstration's teams ask for what they hold, and wait until it stands."""
    with step("Bringing up a working day of the teams") as ticker:
        manage(environment, "demo_day", ticker=ticker)
        say(f"   {ticker.detail}")  # what does not stand yet is named, and comes up by itself


def node_silence(home: Path, namespace: str, pod: str) -> None:
    """Let the node of a pod fall silent in the simulated cluster that keeps its data there."""
    run_logged(
        [VENV_PYTHON, "-m", "deploy.setup.node_silencer", home, namespace, pod],
        log=LOGS / "setup-node.log",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


@contextmanager
def once(stamps: Path | None, name: str, sources: list[Path]) -> Iterator[bool]:
    """Say whether a step is needed for these sources; remember that it was done."""
    stamp = stamps / name if stamps else None
    value = digest(sources) if stamp else ""
    needed = stamp is None or not stamp_matches(stamp, value)
    yield needed
    if stamp and needed:
        stamp_write(stamp, value)
