"""How often one principal may ask: counted in Redis, in this process while Redis is away."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

WINDOW_SECONDS = 60
READS_A_WINDOW = 1200
WRITES_A_WINDOW = 300
REDIS_REST_SECONDS = 5.0

# One step, so that a counter can't be left without its end.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return count
"""

log = structlog.get_logger()


class LocalWindow:
    """Counts in this process: enough to slow a flood of writes while Redis is away."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.window = 0

    def add(self, key: str, now: float) -> int:
        """Count one; return the number in this window."""
        window = int(now // WINDOW_SECONDS)
        if window != self.window:
            self.window, self.counts = window, {}
        self.counts[key] = self.counts.get(key, 0) + 1
        return self.counts[key]


class Counter:
    """Asks Redis, and leaves it alone for some seconds after it failed."""

    def __init__(self) -> None:
        self.local = LocalWindow()
        self.away_until = 0.0

    def add(self, key: str) -> tuple[int, bool]:
        """Count one; return the number in this window, and whether Redis counted it."""
        now = time.time()
        if time.monotonic() >= self.away_until:
            try:
                name = f"berth:rate:{key}:{int(now // WINDOW_SECONDS)}"
                return int(_redis().eval(COUNT, 1, name, str(2 * WINDOW_SECONDS))), True
            except RedisError as error:
                self.away_until = time.monotonic() + REDIS_REST_SECONDS
                log.warning("rate.redis_away", error=str(error))
        return self.local.add(key, now), False


counter = Counter()


class BerthThrottle(BaseThrottle):
    """1200 reads and 300 writes a minute; reads are free while Redis is away."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request; False makes DRF answer 429 with Retry-After."""
        reads = request.method in SAFE_METHODS
        most = READS_A_WINDOW if reads else WRITES_A_WINDOW
        count, shared = counter.add(f"{'read' if reads else 'write'}:{self._who(request)}")
        return count <= most or (reads and not shared)

    def wait(self) -> float:
        """Seconds until the window ends."""
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS

    def _who(self, request: Request) -> str:
        viewer: Any = getattr(request, "viewer", None)
        if viewer is not None and viewer.user_id is not None:
            return f"{viewer.kind}:{viewer.user_id}"
        return f"address:{request.META.get('REMOTE_ADDR', '')}"


@cache
def _redis() -> Redis:
    return Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=0.5, socket_connect_timeout=0.5
    )
