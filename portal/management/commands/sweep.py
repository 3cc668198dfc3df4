"""The sweeper: rings for due jobs, runs periodic work, relays events."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from portal.jobs.sweeper import sweep_forever
from portal.live.relay import relay_run


class Command(BaseCommand):
    """Run until SIGTERM or Ctrl-C."""

    help = "Ring for due jobs, run periodic work and relay events to browsers and mailboxes."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Sweep in this thread, relay in another."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        relay = threading.Thread(target=relay_run, args=(stop,), name="relay")
        relay.start()
        sweep_forever(stop)
        relay.join()
