"""Django's cache: shared by all processes in Redis, this process's own while Redis is away.

Limits on signing in live here (django-allauth keeps them in the default cache): they have to hold
over several web processes, and nobody may be locked out because Redis is away.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import Redis
from redis.exceptions import RedisError

REDIS_REST_SECONDS = 5.0
SWEEP = 500

log = structlog.get_logger()


class JsonSerializer:
    """Values as JSON: what comes back from Redis is data, whoever wrote it there."""

    def dumps(self, value: Any) -> bytes:
        """Text of a value; raises TypeError for what JSON can't say."""
        return json.dumps(value, allow_nan=False).encode()

    def loads(self, data: bytes) -> Any:
        """The value again."""
        return json.loads(data)


class SharedCache(BaseCache):
    """Redis first; after it failed it is left alone for some seconds, and this process counts."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._shared: Any = RedisCache(server, params)
        self._local: Any = LocMemCache(f"local:{server}", {})
        self._away_until = 0.0

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Store where nothing is stored; tell whether it was."""
        return bool(self._asked(lambda cache: cache.add(key, value, timeout, version)))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """What is stored, else the default."""
        return self._asked(lambda cache: cache.get(key, default, version))

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Store."""
        self._asked(lambda cache: cache.set(key, value, timeout, version))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Give another time to live; tell whether there was something."""
        return bool(self._asked(lambda cache: cache.touch(key, timeout, version)))

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget; tell whether there was something."""
        return bool(self._asked(lambda cache: cache.delete(key, version)))

    def clear(self) -> None:
        """Forget everything under our own prefix: the broker lives in the same Redis."""
        self._local.clear()
        self._asked(self._sweep)

    def _sweep(self, cache: Any) -> None:
        if cache is self._shared:
            redis: Redis = cache._cache.get_client(write=True)
            for key in redis.scan_iter(f"{self.key_prefix}:*", count=SWEEP):
                redis.delete(key)

    def _asked(self, ask: Callable[[Any], Any]) -> Any:
        if time.monotonic() >= self._away_until:
            try:
                return ask(self._shared)
            except RedisError as error:
                self._away_until = time.monotonic() + REDIS_REST_SECONDS
                log.warning("cache.redis_away", error=str(error))
        return ask(self._local)
