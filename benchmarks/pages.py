"""What each page costs on a large installation: server time and queries.

bin/bench pages --json [--rounds 15] [--only PART] [--tiny]
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from django.db import connection
from django.test import Client

from benchmarks._command import parser_make
from benchmarks._setting import database_fresh
from benchmarks._world import LARGE, TINY, Size, big_world_make
from tests.browser.catalogue import PAGES
from tests.browser.test_routes import TRANSACTION_CONTROL

MOST_MS = 200.0  # the median that a page may take
FEWEST_ROUNDS = 2


class Noting:
    """Writes down each statement before it runs."""

    def __init__(self, queries: list[str]) -> None:
        self.queries = queries

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        """Called by Django around each statement."""
        self.queries.append(sql)
        return execute(sql, *rest)


def main(arguments: list[str]) -> int:
    """Measure; print a table, or with --json one object; return 1 when a page is too slow."""
    parser = parser_make("pages", __doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often each page is opened")
    parser.add_argument("--only", default="", help="only pages whose name has this part")
    options = parser.parse_args(arguments)
    if options.rounds < FEWEST_ROUNDS:
        parser.error(f"--rounds: {FEWEST_ROUNDS} at least, for a median and a percentile")
    database_fresh()
    size, rounds = (TINY, FEWEST_ROUNDS) if options.tiny else (LARGE, options.rounds)
    found = measure(size=size, rounds=rounds, only=options.only)
    if options.json:
        print(json.dumps(found, indent=1, sort_keys=True))
    else:
        for name, cost in sorted(found.items(), key=lambda item: -item[1]["median_ms"]):
            print(f"{cost['median_ms']:8.1f} ms {cost['queries']:4d} queries  {name}")
    return int(any(cost["median_ms"] > MOST_MS for cost in found.values()))


def measure(*, size: Size, rounds: int, only: str) -> dict[str, dict[str, Any]]:
    """Open every page of the catalogue in a world of that size."""
    world = big_world_make(size)
    clients: dict[str, Client] = {"nobody": Client()}
    found = {}
    for row in PAGES:
        if only not in row.name or row.status != 200:
            continue
        who = getattr(world.people, row.who, getattr(world.pages, row.who, None))
        client = clients.setdefault(row.who, who.client() if who else Client())
        found[row.name] = cost(client, row.path.format(**world.pages.names()), rounds)
    return found


def cost(client: Client, address: str, rounds: int) -> dict[str, Any]:
    """Median and 95th percentile of the time to answer, and the number of queries."""
    client.get(address)  # fills caches of templates and addresses
    queries: list[str] = []
    with connection.execute_wrapper(Noting(queries)):
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    took = []
    for _round in range(rounds):
        began = time.perf_counter()
        client.get(address)
        took.append((time.perf_counter() - began) * 1000)
    return {
        "median_ms": round(statistics.median(took), 1),
        "p95_ms": round(statistics.quantiles(took, n=20)[-1], 1),
        "queries": sum(not TRANSACTION_CONTROL.match(query) for query in queries),
        "bytes": len(answer.content) if not answer.streaming else 0,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
