"""Faults by script: what a cluster does to its clients on a bad day."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.api.errors import StatusError, expired
from simulator.api.watch import Watch, line
from simulator.objects import dump

if TYPE_CHECKING:
    from simulator.core import Core

BUSY = "Too many requests, please try again later.\n"
KINDS = (
    "down", "busy", "slow", "silent", "gone", "cut", "forget", "expire-token", "heal",
)  # fmt: skip


class Dropped(Exception):
    """The connection ends without an answer."""


@dataclass
class Faults:
    """What is wrong just now; every fault ends by itself after its seconds, or by "heal".

    Nobody in `exempt` is held back (system:masters never sees 429 on a real server).
    """

    core: Core
    down_until: float = 0.0
    busy_until: float = 0.0
    slow_until: float = 0.0
    slow_seconds: float = 0.0
    silent_until: float = 0.0
    retry_after: int = 1
    watches: set[Watch] = field(default_factory=set)

    def apply(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order: {"fault": KIND, "seconds": 5, …}; raises ValueError."""
        kind, seconds = order.get("fault"), float(order.get("seconds", 5))
        until = time.monotonic() + seconds
        if kind == "down":
            self.down_until = until
            self.cut()
        elif kind == "busy":
            self.busy_until, self.retry_after = until, int(order.get("retry_after", 1))
        elif kind == "slow":
            self.slow_until, self.slow_seconds = until, float(order.get("delay", 1))
        elif kind == "silent":
            self.silent_until = until
        elif kind == "gone":
            self.core.store.forget()
            status = expired("too old resource version").body()
            self.cut(line("ERROR", dump(status)))
        elif kind == "forget":
            self.core.store.forget()
        elif kind == "cut":
            self.cut()
        elif kind == "expire-token":
            self._expire(str(order.get("user", "")), back=bool(order.get("back")))
        elif kind == "heal":
            self.down_until = self.busy_until = self.slow_until = self.silent_until = 0.0
            self.core.authenticator.refused.clear()
        else:
            raise ValueError(f"fault must be one of {', '.join(KINDS)}, not {kind!r}")
        self._silence()
        return {"fault": kind, "watches": len(self.watches)}

    def _expire(self, user: str, *, back: bool) -> None:
        if back:
            self.core.authenticator.refused.discard(user)
        else:
            self.core.authenticator.refused.add(user)
            self.core.authenticator.forget()

    def cut(self, last: bytes = b"") -> None:
        """End every watch."""
        for watch in list(self.watches):
            watch.cut(last)

    def _silence(self) -> None:
        for watch in self.watches:
            watch.silent = time.monotonic() < self.silent_until

    async def meet(self, groups: tuple[str, ...]) -> None:
        """Let a request meet what is wrong; raises Dropped or StatusError."""
        now = time.monotonic()
        if now < self.down_until:
            raise Dropped
        while time.monotonic() < self.silent_until:
            await asyncio.sleep(0.05)
        if now < self.slow_until:
            await asyncio.sleep(self.slow_seconds)
        if now < self.busy_until and "system:masters" not in groups:
            raise StatusError(
                429,
                "TooManyRequests",
                BUSY,
                text=BUSY,
                headers={"Retry-After": str(self.retry_after)},
            )
