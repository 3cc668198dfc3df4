"""Faults by script: what a cluster does to its clients on a bad day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.api.errors import StatusError, expired
from simulator.api.watch import Watch, line
from simulator.objects import dump

if TYPE_CHECKING:
    from simulator.core import Core

BUSY = "Too many requests, please try again later.\n"
HELD = ("kube-scheduler",)
Order = dict[str, Any]


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

    def apply(self, order: Order) -> Order:
        """Carry out one order: {"fault": KIND, "seconds": 5, …}; raises ValueError."""
        kind = order.get("fault")
        handlers: dict[str, Callable[[Order, float], None]] = {
            "down": self._down, "busy": self._busy, "slow": self._slow, "silent": self._silent,
            "gone": self._gone, "forget": self._forget, "cut": lambda _order, _until: self.cut(),
            "expire-token": self._expire, "hold": self._hold, "heal": self._heal,
        }  # fmt: skip
        if kind not in handlers:
            raise ValueError(f"fault must be one of {', '.join(handlers)}, not {kind!r}")
        handlers[kind](order, time.monotonic() + float(order.get("seconds", 5)))
        for watch in self.watches:
            watch.silent = time.monotonic() < self.silent_until
        return {"fault": kind, "watches": len(self.watches)}

    def _down(self, _order: Order, until: float) -> None:
        self.down_until = until
        self.cut()

    def _busy(self, order: Order, until: float) -> None:
        self.busy_until, self.retry_after = until, int(order.get("retry_after", 1))

    def _slow(self, order: Order, until: float) -> None:
        self.slow_until, self.slow_seconds = until, float(order.get("delay", 1))

    def _silent(self, _order: Order, until: float) -> None:
        self.silent_until = until

    def _gone(self, order: Order, until: float) -> None:
        self._forget(order, until)
        self.cut(line("ERROR", dump(expired("too old resource version").body())))

    def _forget(self, _order: Order, _until: float) -> None:
        self.core.store.forget()

    def _expire(self, order: Order, _until: float) -> None:
        user = str(order.get("user", ""))
        if order.get("back"):
            self.core.authenticator.refused.discard(user)
        else:
            self.core.authenticator.refused.add(user)
            self.core.authenticator.forget()

    def _hold(self, order: Order, _until: float) -> None:
        part = str(order.get("part", ""))
        if part not in HELD:
            raise ValueError(f"part must be one of {', '.join(HELD)}, not {part!r}")
        if order.get("back"):
            self.core.held.discard(part)
        else:
            self.core.held.add(part)

    def _heal(self, _order: Order, _until: float) -> None:
        self.down_until = self.busy_until = self.slow_until = self.silent_until = 0.0
        self.core.authenticator.refused.clear()
        self.core.held.clear()

    def cut(self, last: bytes = b"") -> None:
        """End every watch."""
        for watch in list(self.watches):
            watch.cut(last)

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
