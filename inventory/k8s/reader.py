"""Our own reflector: list in pages, watch with bookmarks, and never believe a silent socket.

The official client's informer was measured unfit (hot loops, no pages, no time-outs). Rules come
from the API's documentation as collected in the reference notes: versions are handed back as they
came; 410 (as a status or as an ERROR event) means list again; 429 is obeyed; 401 takes a fresh
credential; 403 waits; everything else waits longer each time.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from inventory.k8s.client import ClusterClient
from inventory.k8s.errors import (
    ClusterError,
    Forbidden,
    Gone,
    Invalid,
    Timeout,
    Unauthorized,
    VersionTooLarge,
)
from inventory.k8s.kinds import Event, KindSpec, Page
from inventory.k8s.messages import Alive, Listed, Message, Moved, Seen
from inventory.k8s.records import Record
from inventory.k8s.streams import Lines
from inventory.k8s.timing import Timing
from inventory.k8s.verdict import error_of_status

log = structlog.get_logger()

Put = Callable[[Message], None]
Renew = Callable[[ClusterClient | None], ClusterClient]
LOST_VERSION_TRIES = 3
MAX_DOUBLINGS = 16  # of the wait between tries, which is at its cap long before


class Stopped(Exception):
    """Somebody asked the reflector to end."""


class Reflector:
    """Mirrors one kind of one cluster into messages until stopped.

    `renew(failed)` gives a client: the current one, or a new one where `failed` is the current
    one. `lists` bounds how many lists run at once in the process.
    """

    def __init__(
        self,
        spec: KindSpec[Any],
        *,
        renew: Renew,
        put: Put,
        timing: Timing | None = None,
        lists: threading.Semaphore | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spec = spec
        self._renew = renew
        self._put = put
        self._timing = timing or Timing()
        self._lists = lists or threading.Semaphore()
        self._clock = clock
        self._stop = threading.Event()
        self._lines: Lines | None = None
        self._client: ClusterClient | None = None
        self._expired: ClusterClient | None = None
        self._version = ""
        self._listed_at: float | None = None
        self._relist_seconds = 0.0
        self._doubtful = True
        self._tries = 0
        self._short = 0  # watches in a row that ended at once
        self._future_tries = 0

    def run(self, version: str = "", listed_seconds_ago: float | None = None) -> None:
        """Mirror until `stop`; `version` is where an earlier run left off.

        The planned relist counts from the last real list, which may lie before this run: readers
        are made anew with every token, and one of an hour would put the relist off for ever.
        """
        self._version = version
        if version and listed_seconds_ago is not None:
            self._listed_at = self._clock() - listed_seconds_ago
            self._relist_seconds = self._timing.relist_after()
        while not self._stop.is_set():
            try:
                self._once()
            except Stopped:
                break
            except ClusterError as error:
                self._recover(error)
        self._put(Moved(self._spec.name, "stopped"))

    def stop(self) -> None:
        """End soon, also from within a blocking read; may be called from any thread."""
        self._stop.set()
        lines = self._lines
        if lines is not None:
            lines.stop()

    def _once(self) -> None:
        if self._client is None:
            self._client, self._expired = self._renew(self._expired), None
        if self._version and self._doubtful and self._is_ahead(self._client):
            self._version = ""
        doubtful, self._doubtful = self._doubtful, False
        due = self._listed_at is None or self._clock() - self._listed_at > self._relist_seconds
        if not self._version or due:
            planned = bool(self._version) and not doubtful
            self._put(Moved(self._spec.name, "listing"))
            with self._lists:
                page = self._list(self._client)
            version, unreadable = page.resource_version, frozenset(page.unreadable)
            self._put(Listed(self._spec.name, page.records, version, planned, unreadable))
            self._version, self._listed_at = version, self._clock()
            self._relist_seconds = self._timing.relist_after()
        self._watch(self._client)

    def _is_ahead(self, client: ClusterClient) -> bool:
        """Tell whether our version lies in the cluster's future: it was restored from a copy.

        A watch from there would be accepted and stay silent, so one object is read to see.
        """
        current = self._page(client, {"limit": 1}).resource_version
        numbers = current.isdecimal() and self._version.isdecimal()
        return numbers and int(current) < int(self._version)

    def _list(self, client: ClusterClient) -> Page:
        """All pages; an expired token begins anew once, then everything in one from the cache."""
        for _attempt in range(2):
            try:
                return self._pages(client)
            except Gone:
                log.info("watch.list_expired", kind=self._spec.name)
        return self._page(client, {"resourceVersion": "0"})

    def _pages(self, client: ClusterClient) -> Page:
        records: list[Record] = []
        unreadable: list[str] = []
        rest = ""
        while True:
            query: dict[str, str | int | bool] = {"limit": self._timing.page_limit}
            page = self._page(client, query | ({"continue": rest} if rest else {}))
            records += page.records
            unreadable += page.unreadable
            rest = page.rest
            if not rest:
                return Page(records, page.resource_version, "", unreadable)

    def _page(self, client: ClusterClient, query: dict[str, Any]) -> Page:
        if self._stop.is_set():
            raise Stopped
        page: Page = self._spec.page(client.get_bytes(self._spec.path, query))
        if page.unreadable:
            log.warning("watch.unreadable", kind=self._spec.name, objects=len(page.unreadable))
        return page

    def _watch(self, client: ClusterClient) -> None:
        """Read events until the server ends the stream or falls silent."""
        seconds = self._timing.watch_for()
        query: dict[str, str | int | bool] = {
            "watch": True,
            "allowWatchBookmarks": True,
            "resourceVersion": self._version,
            "timeoutSeconds": max(1, int(seconds)),
        }
        read_seconds = min(seconds + self._timing.slack_seconds, self._timing.silence_seconds)
        with client.stream(self._spec.path, query, read_seconds=read_seconds) as lines:
            opened_at = self._clock()
            self._lines = lines
            try:
                self._put(Moved(self._spec.name, "watching"))
                self._put(Alive(self._spec.name, self._version))
                heard = self._read(lines)
            finally:
                self._lines = None
                lasted_seconds = self._clock() - opened_at
                if lasted_seconds > self._timing.healthy_seconds:
                    self._tries = 0
        if not heard and lasted_seconds < self._timing.short_seconds:
            self._hold_back()
        else:
            self._short = 0

    def _hold_back(self) -> None:
        """A server that closes each watch as soon as it is open must not be asked in a loop."""
        if self._short == 0 and not self._stop.is_set():
            log.info("watch.short", kind=self._spec.name)
        self._short = min(self._short + 1, MAX_DOUBLINGS)
        self._stop.wait(self._spread_seconds(self._short))

    def _read(self, lines: Lines) -> bool:
        """Hand on what comes until the stream ends; tell whether anything did."""
        heard = False
        try:
            for line in lines:
                self._event(self._spec.event(line))
                heard = True
        except Timeout:
            # Nothing for too long: the socket may be dead. The next watch goes on from here.
            log.info("watch.silent", kind=self._spec.name)
        return heard

    def _event(self, event: Event) -> None:
        if self._stop.is_set():
            raise Stopped
        if event.status is not None:
            raise error_of_status(event.status.code or 500, event.status)
        name = self._spec.name
        if event.resource_version:
            self._version = event.resource_version
        self._future_tries = 0
        if event.record is not None:
            self._put(Seen(name, self._version, record=event.record))
        elif event.uid:
            self._put(Seen(name, self._version, removed_uid=event.uid))
        else:
            self._put(Alive(name, self._version))

    def _recover(self, error: ClusterError) -> None:
        if self._stop.is_set():
            return
        self._doubtful = True
        if isinstance(error, Gone):
            self._version = ""
        if isinstance(error, VersionTooLarge):
            self._future_tries += 1
            if self._future_tries >= LOST_VERSION_TRIES:
                self._version = ""  # the cluster counts from a lower number: it was restored
        if isinstance(error, Unauthorized):
            self._client, self._expired = None, self._client
        forbidden = isinstance(error, Forbidden)
        self._put(Moved(self._spec.name, "forbidden" if forbidden else "backoff", error.code))
        if self._tries == 0:  # what goes on like this is said once
            log.info("watch.failed", kind=self._spec.name, code=error.code, reason=error.reason)
        self._stop.wait(self._wait_seconds(error))

    def _wait_seconds(self, error: ClusterError) -> float:
        timing = self._timing
        jitter = self._backoff_seconds()
        if isinstance(error, Forbidden | Invalid):
            return min(timing.forbidden_seconds, timing.backoff_seconds * 4.0**self._tries)
        return (error.retry_after or 0.0) + jitter

    def _backoff_seconds(self) -> float:
        """Longer with each try, and spread."""
        self._tries = min(self._tries + 1, MAX_DOUBLINGS)
        return self._spread_seconds(self._tries)

    def _spread_seconds(self, tries: int) -> float:
        timing = self._timing
        ceiling = min(timing.backoff_cap_seconds, timing.backoff_seconds * 2.0**tries)
        return random.uniform(timing.backoff_seconds / 2, ceiling)  # noqa: S311 (jitter)
