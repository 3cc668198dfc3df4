"""python -m simulator: serve a simulated cluster until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sqlite3
import sys
from pathlib import Path

from deploy.testbed.errors import FleetError
from simulator.api.errors import StatusError
from simulator.cluster import SimulatedCluster
from simulator.core import PACES


def arguments_read(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--fleet", default="small", help="a fleet's name or file (fleets/)")
    parser.add_argument("--state", type=Path, required=True, help="where everything is kept")
    parser.add_argument("--port", type=int, default=0, help="0 keeps the last while it is free")
    parser.add_argument("--kubeconfig", type=Path, help="also write the kubeconfig of Berth here")
    parser.add_argument("--pace", choices=sorted(PACES), default="fast")
    parser.add_argument("--name", default="", help="the cluster's name in kubeconfigs")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args(arguments)


async def run(options: argparse.Namespace) -> None:
    """Serve until told to stop."""
    cluster = SimulatedCluster(
        directory=options.state.expanduser().resolve(),
        fleet=options.fleet,
        port=options.port,
        pace=PACES[options.pace],
        name=options.name or options.fleet,
    )
    if options.kubeconfig:
        text = cluster.files.kubeconfig("berth").read_text(encoding="utf-8")
        options.kubeconfig.write_text(text, encoding="utf-8")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def ready() -> None:
        sys.stdout.write(f"ready {cluster.server}\n")
        sys.stdout.flush()

    await cluster.serve(ready, stop)


def _advice(problem: sqlite3.Error) -> str:
    if "locked" not in str(problem):
        return ""
    return " Another simulator may be running there; end it, or give another directory by --state."


def main() -> int:
    """Run the command; a sentence and 2 where it makes no sense."""
    options = arguments_read(sys.argv[1:])
    level = logging.DEBUG if options.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    try:
        asyncio.run(run(options))
    except sqlite3.Error as problem:
        sys.stderr.write(f"{options.state} can't be used: {problem}.{_advice(problem)}\n")
        return 2
    except (FleetError, StatusError, ValueError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
