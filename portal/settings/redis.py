"""What is kept in Redis, each under a prefix of its own: the broker, live events, limits."""

from __future__ import annotations

from typing import Any

BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 15,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
    # Who rings waits for no broker: without these a refused connection costs six seconds.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}


def caches(url: str) -> dict[str, dict[str, Any]]:
    """CACHES; limits on signing in hold over all web processes."""
    return {
        "default": {
            "BACKEND": "portal.cache.SharedCache",
            "LOCATION": url,
            "KEY_PREFIX": "berth:cache",
            "OPTIONS": {
                "serializer": "portal.cache.JsonSerializer",
                "socket_timeout": 0.5,
                "socket_connect_timeout": 0.5,
            },
        }
    }


def channel_layers(url: str) -> dict[str, dict[str, Any]]:
    """CHANNEL_LAYERS."""
    return {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                # redis-py 8 would close an idle socket after five seconds without this.
                "hosts": [{"address": url, "socket_timeout": None, "max_connections": 1000}],
                "prefix": "berth",
            },
        }
    }
