"""How long a reflector waits for what; tests use seconds where production uses minutes. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Times in seconds.

    A watch is asked to end after `watch_from` to `watch_to`, spread so that many don't come back
    at once. API servers send a bookmark about once a minute, so `silence_seconds` without a byte
    means a dead socket; a server without bookmarks costs one cheap reconnect each time. A watch
    that ends within `short_seconds` and brought nothing is backed off from like a failure.
    """

    page_limit: int = 500
    watch_from: float = 240.0
    watch_to: float = 300.0
    slack_seconds: float = 15.0
    silence_seconds: float = 100.0
    relist_seconds: float = 6 * 3600.0
    backoff_seconds: float = 0.8
    backoff_cap_seconds: float = 30.0
    healthy_seconds: float = 120.0
    short_seconds: float = 1.0
    forbidden_seconds: float = 300.0

    def watch_for(self) -> float:
        """How long the next watch shall last."""
        return random.uniform(self.watch_from, self.watch_to)  # noqa: S311 (jitter)

    def relist_after(self) -> float:
        """When to list again although all seems well."""
        return self.relist_seconds * random.uniform(0.8, 1.2)  # noqa: S311 (jitter)
