"""manage.py demo_day"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.errors import BerthError
from tenants.services.demo_day import day_make, day_state

LOOK_SECONDS = 2.0


class Command(BaseCommand):
    """Let the demonstration's people ask, and its operator decide, until a working day stands."""

    help = "Make the demonstration's requests and wait until what was approved stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How long to wait."""
        parser.add_argument("--wait", type=float, default=90.0, help="seconds to wait for pods")

    def handle(self, *_args: Any, wait: float, **_options: Any) -> None:
        """Run it; a second run makes only what is missing."""
        try:
            made = day_make(now=timezone.now())
        except BerthError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made} requests were made.")
        end = time.monotonic() + wait
        while (state := day_state()).standing < state.total and time.monotonic() < end:
            self.stdout.write(f"{state.standing} of {state.total} allocations stand")
            self.stdout.flush()
            time.sleep(LOOK_SECONDS)
        self.stdout.write(f"{state.standing} of {state.total} allocations stand")
