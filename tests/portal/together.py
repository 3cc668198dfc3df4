"""Several threads at once, each with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection


def with_own_connection(work: Callable[[], Any]) -> Any:
    """Run, and leave no connection behind."""
    try:
        return work()
    finally:
        connection.close()


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run all at the same time; their results, or the first error."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [
            future.result(90) for future in [pool.submit(with_own_connection, w) for w in works]
        ]


def beside(work: Callable[[], Any]) -> Future[Any]:
    """Run one beside the test; its `result` gives the error too."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(with_own_connection, work)
    pool.shutdown(wait=False)
    return future
