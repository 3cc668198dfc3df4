"""manage.py demo_pulse"""

from __future__ import annotations

import random
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from portal.errors import BerthError
from tenants.services.demo_pulse import pulse_beat


class Command(BaseCommand):
    """Ask for small runs all day, as the demonstration's teams would."""

    help = "Ask for a small run of the demonstration now and then, until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How often."""
        parser.add_argument("--every", type=float, default=25.0, help="seconds between two")

    def handle(self, *_args: Any, every: float, **_options: Any) -> None:
        """Run until SIGTERM or Ctrl-C."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        dice = random.Random()  # noqa: S311 (which run comes next is no secret)
        while not stop.wait(every * dice.uniform(0.5, 1.5)):
            try:
                name = pulse_beat(now=timezone.now(), dice=dice)
            except BerthError as error:
                self.stderr.write(f"not asked: {error}")
            except DatabaseError as error:  # it comes back; so do we
                self.stderr.write(f"the database was not reachable: {error}")
                connection.close()
            else:
                if name:
                    self.stdout.write(f"asked for {name}")
