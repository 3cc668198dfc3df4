"""The program with sockets that look at their rights every second."""

from __future__ import annotations

from portal.asgi import application
from portal.live.consumer import LiveConsumer

LiveConsumer.recheck_seconds = 1.0

__all__ = ["application"]
