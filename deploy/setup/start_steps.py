"""The steps of bin/start between the servers and the processes: schema, accounts, cluster."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.setup.commands import run_logged
from deploy.setup.console import say, step
from deploy.setup.paths import LOGS, ROOT, STATE, VENV_PYTHON

ACCOUNTS = STATE / "accounts.txt"


def manage(environment: dict[str, str], *words: str | Path) -> None:
    """Run one of Django's commands with its output in a log."""
    run_logged(
        [VENV_PYTHON, "manage.py", *words],
        log=LOGS / f"setup-{words[0]}.log",
        env=environment,
    )


def schema_migrate(environment: dict[str, str]) -> None:
    """Bring the tables up to date, as their owner."""
    with step("Bringing the database's tables up to date"):
        manage(environment, "migrate", "--database", "owner", "--no-input")


def accounts_make(environment: dict[str, str]) -> None:
    """Make the first accounts, named by role; their passwords are made once and kept here."""
    with step("Making the first accounts"):
        manage(environment, "demo_accounts", "--passwords", ACCOUNTS)


def accounts_show() -> None:
    """Print the accounts, or where they are."""
    if not ACCOUNTS.is_file():
        return
    say(f"Accounts (also in {ACCOUNTS}, readable by you alone):")
    for line in ACCOUNTS.read_text(encoding="utf-8").splitlines():
        name, _, password = line.partition(" ")
        say(f"   {name:<20} {password}")


def devices_name(environment: dict[str, str]) -> None:
    """Add the common device types and how clusters spell them."""
    with step("Naming the common device types"):
        manage(environment, "device_catalogue")


def cluster_register(environment: dict[str, str], *, kubeconfig: Path, name: str) -> None:
    """Register a cluster, or give it the kubeconfig's credential when it's known already."""
    with step(f"Registering the cluster {name}"):
        manage(environment, "cluster_add", name, "--kubeconfig", kubeconfig)


def cluster_name(kubeconfig: Path) -> str:
    """Make a cluster's name from its file's: letters, digits and dashes, 40 at most."""
    name = re.sub(r"[^a-z0-9]+", "-", kubeconfig.stem.lower()).strip("-")[:40].strip("-")
    return "main" if name in {"", "config", "kubeconfig", "admin"} else name


def fleet_describe(environment: dict[str, str], *, name: str) -> None:
    """Tell Berth the pools and first quotas of the demonstration's fleet."""
    if _command_exists("demo_fleet"):
        with step("Naming pools and device types of the demonstration"):
            manage(environment, "demo_fleet", "--cluster", name)


def _command_exists(name: str) -> bool:
    return any(ROOT.glob(f"*/management/commands/{name}.py"))
