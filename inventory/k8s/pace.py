"""How fast and how stubbornly one process may call one cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from inventory.k8s.errors import ClusterError, Unreachable

CALLS_PER_SECOND = 10.0
BURST = 20
FAILURES_TO_OPEN = 5
OPEN_SECONDS = 30.0

Clock = Callable[[], float]


class Bucket:
    """A token bucket: `take` sleeps until a call may go out."""

    def __init__(
        self,
        *,
        per_second: float = CALLS_PER_SECOND,
        burst: int = BURST,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._clock = clock
        self._sleep = sleep
        self._left = self._burst
        self._at = clock()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Take one token; the debt of waiting callers is kept in order."""
        with self._lock:
            now = self._clock()
            self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
            self._at = now
            self._left -= 1
            wait_seconds = -self._left / self._per_second
        if wait_seconds > 0:
            self._sleep(wait_seconds)


class Breaker:
    """Stops calling a cluster that can't be reached, and lets one caller try after a while.

    Only a missing connection counts: a cluster that answers, be it with an error, is there.
    """

    def __init__(
        self, *, failures_to_open: int = FAILURES_TO_OPEN, clock: Clock = time.monotonic
    ) -> None:
        self._clock = clock
        self._failures_to_open = failures_to_open
        self._failures = 0
        self._open_until = 0.0
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise Unreachable while the circuit is open; let one caller through afterwards."""
        with self._lock:
            now = self._clock()
            left_seconds = self._open_until - now
            if left_seconds > 0:
                raise Unreachable(reason="CircuitOpen", retry_after=left_seconds)
            if self._failures >= self._failures_to_open:
                self._open_until = now + OPEN_SECONDS

    def note(self, error: ClusterError | None) -> None:
        """Count a call's end: None or an answer closes the circuit, no connection opens it."""
        with self._lock:
            if not isinstance(error, Unreachable):
                self._failures, self._open_until = 0, 0.0
                return
            self._failures += 1
            if self._failures >= self._failures_to_open:
                self._open_until = self._clock() + OPEN_SECONDS


class Pace:
    """The bucket and the breaker of one cluster in this process."""

    def __init__(self, bucket: Bucket | None = None, breaker: Breaker | None = None) -> None:
        self.bucket = bucket or Bucket()
        self.breaker = breaker or Breaker()


_paces: dict[str, Pace] = {}
_lock = threading.Lock()


def pace_of(key: str, bucket: Bucket | None = None) -> Pace:
    """The pace that all clients with this key share; an empty key shares with nobody.

    A `bucket` replaces the one they had: the operator may have allowed another number of calls.
    """
    if not key:
        return Pace(bucket)
    with _lock:
        pace = _paces.setdefault(key, Pace())
        if bucket is not None:
            pace.bucket = bucket
        return pace
