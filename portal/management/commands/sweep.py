"""The sweeper: rings for due jobs, runs periodic work, relays events."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.management.base import BaseCommand

from portal.jobs.sweeper import sweep_forever
from portal.live.relay import relay_run


class Command(BaseCommand):
    """Run until SIGTERM or Ctrl-C, or until one of both parts dies: then fail as a whole."""

    help = "Ring for due jobs, run periodic work and relay events to browsers and mailboxes."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Sweep in this thread, relay in another."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        with ThreadPoolExecutor(1, thread_name_prefix="relay") as pool:
            relay = pool.submit(relay_run, stop)
            relay.add_done_callback(lambda _: stop.set())
            try:
                sweep_forever(stop)
            finally:
                stop.set()
        relay.result()  # raises what the relay died of, so that the supervisor starts both again
