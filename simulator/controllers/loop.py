"""A queue of keys and a loop that looks at each until all is as it should be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from simulator.api.errors import StatusError
from simulator.store.store import Event

if TYPE_CHECKING:
    from simulator.core import Core

log = logging.getLogger("simulator")
BATCH = 50
MAX_RETRY = 30.0
HELD_SECONDS = 0.05


class Loop:
    """Base of controllers: `sync(key)` brings one thing nearer to what is wanted."""

    name = "loop"

    def __init__(self, core: Core) -> None:
        self.core = core
        self._keys: dict[Hashable, None] = {}
        self._bell = asyncio.Event()
        self._tries: dict[Hashable, int] = {}

    def begin(self) -> None:
        """Listen, and look at everything that is there."""
        raise NotImplementedError

    def sync(self, key: Any) -> None:
        """Look at one thing; StatusError means try again later."""
        raise NotImplementedError

    def listen(self, kind: str, key_of: Callable[[Event], Hashable | None]) -> None:
        """Queue what changes of a kind mean, and what is there already."""

        def hear(event: Event) -> None:
            key = key_of(event)
            if key is not None:
                self.add(key)

        self.core.store.listen(kind, hear)
        for stored in self.core.store.each(kind):
            hear(Event(stored.version, "ADDED", stored, None))

    def add(self, key: Hashable) -> None:
        """Look at this soon."""
        self._keys[key] = None
        self._bell.set()

    def later(self, key: Hashable, seconds: float) -> None:
        """Look at this after a while."""
        asyncio.get_running_loop().call_later(max(0.0, seconds), self.add, key)

    async def run(self) -> None:
        """Work until cancelled; the outermost loop of a controller."""
        self.begin()
        while True:
            await self._bell.wait()
            self._bell.clear()
            count = 0
            while self._keys:
                while self.name in self.core.held:
                    await asyncio.sleep(HELD_SECONDS)
                key = next(iter(self._keys))
                del self._keys[key]
                self._once(key)
                count += 1
                if count % BATCH == 0:
                    await asyncio.sleep(0)  # requests come in between
            await asyncio.sleep(0)

    def _once(self, key: Hashable) -> None:
        try:
            self.sync(key)
            self._tries.pop(key, None)
        except StatusError as refusal:
            tries = self._tries[key] = self._tries.get(key, 0) + 1
            log.debug("%s: %s: %s", self.name, key, refusal.message)
            self.later(key, min(MAX_RETRY, self.core.pace.retry * 2 ** min(tries, 6)))
        except Exception:
            log.exception("%s failed at %s", self.name, key)
            self.later(key, MAX_RETRY)
