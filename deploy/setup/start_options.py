"""The command line of bin/start."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from deploy.setup.errors import SetupError
from deploy.setup.paths import STATE
from deploy.setup.services import Services

DEFAULT_PORT = 8000
USAGE = """\
Sets everything up and runs Berth in this terminal, with two simulated clusters and a working day
of made-up teams. Ctrl-C ends it; the data stays. DATABASE_URL with DATABASE_OWNER_URL, and
REDIS_URL, replace the embedded PostgreSQL and Valkey; then there are no made-up teams or clusters
either."""
FRESH_REFUSED = (
    f"--fresh would throw away the keys in {STATE / 'env'}, but not the database that DATABASE_URL"
    " names: what they sealed there could never be opened again. Without --fresh Berth goes on with"
    " both. To begin anew, name an empty database, and another state directory (BERTH_STATE_DIR)."
)
DEMO, BED, OWN, NONE = "demo", "bed", "own", "none"


@dataclass(frozen=True)
class Options:
    """What was asked for; `clusters` is one of DEMO, BED, OWN and NONE."""

    port: int
    kubeconfig: Path | None
    fresh: bool
    clusters: str


def options_parse(arguments: list[str]) -> Options:
    """Read the command line and BERTH_PORT; raise SetupError with the way out."""
    parser = argparse.ArgumentParser(
        prog="bin/start", description=USAGE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", metavar="N", help=f"port of the pages (else {DEFAULT_PORT})")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--kubeconfig", type=Path, metavar="FILE", help="register this cluster, and simulate none"
    )
    which.add_argument(
        "--bed",
        action="store_true",
        help="a real Kubernetes control plane with simulated nodes instead; it is built once: Go",
    )
    which.add_argument("--no-cluster", action="store_true", help="start without any cluster")
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="begin anew: no database, accounts, keys, clusters",
    )
    found = parser.parse_args(arguments)
    kubeconfig = found.kubeconfig.expanduser().resolve() if found.kubeconfig else None
    if kubeconfig and not kubeconfig.is_file():
        raise SetupError(f"There is no file {kubeconfig}: give --kubeconfig an existing file.")
    if found.fresh and not Services().own_database:
        raise SetupError(FRESH_REFUSED)
    text = found.port or os.environ.get("BERTH_PORT") or str(DEFAULT_PORT)
    return Options(
        port=_port(text),
        kubeconfig=kubeconfig,
        fresh=found.fresh,
        clusters=_clusters(found),
    )


def _clusters(found: argparse.Namespace) -> str:
    if found.kubeconfig:
        return OWN
    if found.bed:
        return BED
    return NONE if found.no_cluster else DEMO


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise SetupError(f"A port is a number from 1 to 65535, not {text!r}.")
    return int(text)
