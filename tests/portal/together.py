"""Several threads at once, each with a database connection of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection

from portal.errors import BerthError
from portal.scope import scope
from portal.viewer import Viewer

SLEEP = 0.5  # long enough for the other to decide, if nothing holds it


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


def overlapped(
    first: tuple[Viewer, Callable[[], Any]], second: tuple[Viewer, Callable[[], Any]]
) -> list[str]:
    """The second begins while the first is done but not committed; "done" or the error's code."""
    done = threading.Event()

    def run(viewer: Viewer, act: Callable[[], Any], *, leads: bool) -> str:
        try:
            if not leads:
                done.wait(timeout=20)
            with scope(viewer):
                act()
                if leads:
                    done.set()
                    time.sleep(SLEEP)
        except BerthError as error:
            return error.code
        return "done"

    return together(lambda: run(*first, leads=True), lambda: run(*second, leads=False))
