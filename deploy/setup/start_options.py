"""The command line of bin/start."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from deploy.setup.errors import SetupError

DEFAULT_PORT = 8000
USAGE = """\
Sets everything up and runs Berth in this terminal. Ctrl-C ends it; the data stays.
DATABASE_URL with DATABASE_OWNER_URL, and REDIS_URL, replace the embedded PostgreSQL and Valkey."""


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    port: int
    kubeconfig: Path | None
    fresh: bool
    bed: bool


def options_parse(arguments: list[str]) -> Options:
    """Read the command line and BERTH_PORT; raise SetupError with the way out."""
    parser = argparse.ArgumentParser(
        prog="bin/start", description=USAGE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", metavar="N", help=f"port of the pages (else {DEFAULT_PORT})")
    parser.add_argument(
        "--kubeconfig", type=Path, metavar="FILE", help="register this cluster, instead of a bed"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="throw away .berth first: database, accounts, keys"
    )
    parser.add_argument("--no-bed", action="store_true", help="start without any cluster")
    found = parser.parse_args(arguments)
    kubeconfig = found.kubeconfig.expanduser().resolve() if found.kubeconfig else None
    if kubeconfig and not kubeconfig.is_file():
        raise SetupError(f"There is no file {kubeconfig}: give --kubeconfig an existing file.")
    text = found.port or os.environ.get("BERTH_PORT") or str(DEFAULT_PORT)
    return Options(
        port=_port(text),
        kubeconfig=kubeconfig,
        fresh=found.fresh,
        bed=not found.no_bed and kubeconfig is None,
    )


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise SetupError(f"A port is a number from 1 to 65535, not {text!r}.")
    return int(text)
