"""Events are kept for an hour, as an API server keeps them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from simulator.controllers.loop import Loop
from simulator.objects import Object, time_parse

KEPT_SECONDS = 3600.0
LOOK_SECONDS = 60.0


class Expiry(Loop):
    """Removes what is old."""

    name = "expiry"

    def begin(self) -> None:
        """Look at once, then every minute."""
        self.add("events")

    def sync(self, key: Any) -> None:
        """Remove events that are too old."""
        now = datetime.now(UTC)
        for stored in self.core.store.each("events"):
            if (now - time_parse(_moment(stored.obj))).total_seconds() > KEPT_SECONDS:
                self.core.store.remove("events", stored.namespace, stored.name)
        self.later(key, LOOK_SECONDS)


def _moment(event: Object) -> str:
    """When it was last seen."""
    return str(event.get("lastTimestamp") or event["metadata"]["creationTimestamp"])
