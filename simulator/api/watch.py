"""Watches: what happened since a version, then what happens, until the time is up."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from simulator.api import errors
from simulator.api.answer import with_head
from simulator.api.read import options_check, tests_of, too_large, version_number
from simulator.api.request import Request
from simulator.kinds.registry import Kind
from simulator.objects import Object, dump
from simulator.store.store import Event, Gone, Stored

if TYPE_CHECKING:
    from simulator.core import Core

Render = Callable[[Stored], bytes]
BOOKMARK_SECONDS = 60.0
LAST_BOOKMARK_SECONDS = 2.0
DEFAULT_SECONDS = (1800, 3600)
INITIAL_END = {"k8s.io/initial-events-end": "true"}


def line(kind_of: str, body: bytes) -> bytes:
    """One event as it goes over the wire."""
    return b'{"type":"' + kind_of.encode() + b'","object":' + body + b"}\n"


def bookmark(kind: Kind, version: int, annotations: Object | None = None) -> bytes:
    """An event that says nothing but how far one has read."""
    meta: Object = {"resourceVersion": str(version)}
    if annotations:
        meta["annotations"] = annotations
    data = dump({"metadata": meta})
    return line("BOOKMARK", with_head(kind.name, kind.api_version, data))


class Watch:
    """One stream. `cut` ends it, with an ERROR event where one is given."""

    def __init__(self, core: Core, kind: Kind, request: Request, render: Render) -> None:
        """Raises StatusError where the request makes no sense."""
        options_check(request)
        self._core, self._kind, self._render = core, kind, render
        self._namespace = request.namespace if kind.namespaced else ""
        self._tests = tests_of(kind, request)
        self._bookmarks = request.flag("allowWatchBookmarks")
        self._initial = request.flag("sendInitialEvents")
        self._ends_at = time.monotonic() + _seconds(request.one("timeoutSeconds"))
        self._next_bookmark = min(
            time.monotonic() + BOOKMARK_SECONDS,
            max(time.monotonic() + 0.5, self._ends_at - LAST_BOOKMARK_SECONDS),
        )
        self._waiting: deque[bytes] = deque()
        self._bell = asyncio.Event()
        self._over = False
        self.silent = False
        self._seen = core.store.version
        self._begin(request.one("resourceVersion"))
        self._stop = core.store.listen(kind.key, self._hear)

    def _begin(self, text: str) -> None:
        if text in ("", "0"):
            for stored in self._core.store.ordered(self._kind.key, self._namespace):
                if self._takes(stored):
                    self._waiting.append(line("ADDED", self._render(stored)))
            if self._initial and self._bookmarks:
                self._waiting.append(bookmark(self._kind, self._seen, INITIAL_END))
            return
        try:
            version = version_number(text)
        except ValueError as problem:
            raise errors.internal(str(problem)) from None
        if version > self._core.store.version:
            raise too_large(version, self._core.store.version)
        try:
            for event in self._core.store.since(self._kind.key, version):
                self._hear(event)
        except Gone:
            floor = self._core.store.version
            status = errors.expired(f"too old resource version: {version} ({floor})").body()
            self._waiting.append(line("ERROR", dump(status)))
            self._over = True

    def _takes(self, stored: Stored) -> bool:
        if self._namespace and stored.namespace != self._namespace:
            return False
        return all(test(stored.obj) for test in self._tests)

    def _hear(self, event: Event) -> None:
        """Take one change in; what leaves a selector is DELETED, what enters it ADDED."""
        self._seen = event.version
        if self._namespace and event.stored.namespace != self._namespace:
            return
        before = event.previous is not None and self._takes(event.previous)
        after = event.type != "DELETED" and self._takes(event.stored)
        if after:
            kind_of = "MODIFIED" if before else "ADDED"
        elif before:
            kind_of = "DELETED"
        else:
            return
        stored = event.stored
        if kind_of == "DELETED" and event.type != "DELETED" and event.previous:
            stored = _as_of(event.previous, event.version)
        self._waiting.append(line(kind_of, self._render(stored)))
        self._bell.set()

    def cut(self, last: bytes = b"") -> None:
        """End the stream."""
        if last:
            self._waiting.append(last)
        self._over = True
        self._bell.set()

    async def lines(self) -> AsyncIterator[bytes]:
        """What goes over the wire, in as large pieces as there are."""
        try:
            while True:
                if self._waiting and not self.silent:
                    chunk = b"".join(self._waiting)
                    self._waiting.clear()
                    yield chunk
                now = time.monotonic()
                unsent = self._waiting and not self.silent  # a silent one never says the rest
                if (self._over and not unsent) or now >= self._ends_at:
                    return
                if self._bookmarks and now >= self._next_bookmark and not self.silent:
                    self._next_bookmark = now + BOOKMARK_SECONDS
                    yield bookmark(self._kind, max(self._seen, self._core.store.version))
                    continue
                await self._wait(now)
        finally:
            self._stop()

    async def _wait(self, now: float) -> None:
        until = self._ends_at
        if self._bookmarks and not self.silent:
            until = min(until, self._next_bookmark)
        self._bell.clear()
        if self._waiting and not self.silent:
            return
        try:
            await asyncio.wait_for(self._bell.wait(), max(0.0, until - now))
        except TimeoutError:
            return


def _seconds(asked: str) -> float:
    """How long a watch lasts: as long as asked, else half an hour to an hour."""
    if asked.isdigit() and int(asked):
        return float(asked)
    return random.uniform(*DEFAULT_SECONDS)  # noqa: S311


def _as_of(stored: Stored, version: int) -> Stored:
    meta = stored.obj["metadata"] | {"resourceVersion": str(version)}
    obj = stored.obj | {"metadata": meta}
    return Stored(stored.kind, stored.namespace, stored.name, version, obj, dump(obj))
