"""What the inventory asks in /deep."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.health import Health, beat_health, check_register


def watcher(now: datetime) -> Health:
    """Some watcher looks which clusters there are every two seconds, and says so every ten."""
    return beat_health("watcher", now, late=timedelta(seconds=30), down=timedelta(seconds=90))


def checks_register() -> None:
    """Register them all; called once, from `ready`."""
    check_register(watcher.__name__, watcher)
