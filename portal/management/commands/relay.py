"""`manage.py relay`: live events and e-mail in a process of their own."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from portal.live.relay import relay_run


class Command(BaseCommand):
    """Runs the relay until it is told to stop."""

    help = "Send live events and e-mail. `manage.py sweep` does this too; one of both leads."

    def handle(self, *args: Any, **options: Any) -> None:
        """Relay until SIGTERM or SIGINT."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        relay_run(stop)
