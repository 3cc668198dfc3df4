"""What it costs to mirror a large cluster: 500 simulated nodes with 5,000 pods.

bin/bench watch --json [--tiny]
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks._command import parser_make
from benchmarks._setting import database_fresh
from simulator.bed import SimulatedBed
from tests.inventory.scale import cost_measure, pods_make
from tests.inventory.world import cluster_make

FLEET, PODS = "wide", 5000
TINY_FLEET, TINY_PODS = "small", 30
QUIET_SECONDS = 15.0


def main(arguments: list[str]) -> int:
    """Measure and print; return 1 when a list without changes wrote rows."""
    options = parser_make("watch", __doc__).parse_args(arguments)
    database_fresh()
    found = measure(tiny=options.tiny)
    if options.json:
        print(json.dumps(found, indent=1, sort_keys=True))
    else:
        for name, value in found.items():
            print(f"{value:10}  {name}")
    return int(found["resync_row_writes"] > 0)


def measure(*, tiny: bool) -> dict[str, float]:
    """Let a watcher mirror a simulated cluster of its own, twice."""
    fleet, pods = (TINY_FLEET, TINY_PODS) if tiny else (FLEET, PODS)
    with tempfile.TemporaryDirectory(prefix="berth-watch-") as folder:
        bed = SimulatedBed(Path(folder) / "cluster", fleet=fleet).up()
        try:
            client = bed.client()
            pods_make(client, pods)
            cost = cost_measure(
                cluster_make(bed),
                nodes=len(client.get("/api/v1/nodes")["items"]),
                pods=pods,
                quiet_s=2.0 if tiny else QUIET_SECONDS,
                log=Path(folder) / "watcher.log",
            )
        finally:
            bed.down()
    return {
        "import_s": round(cost.import_s, 2),
        "resync_row_writes": cost.resync_row_writes,
        "rss_mb": round(cost.rss_mb, 1),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
