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
        words = "seconds to wait for one more to stand, before the rest is left to itself"
        parser.add_argument("--wait", type=float, default=60.0, help=words)

    def handle(self, *_args: Any, wait: float, **_options: Any) -> None:
        """Run it; a second run makes only what is missing."""
        try:
            made = day_make(now=timezone.now())
        except BerthError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made} requests were made.")
        state, end = day_state(), time.monotonic() + wait
        while state.coming and time.monotonic() < end:
            self.stdout.write(str(state))
            self.stdout.flush()
            time.sleep(LOOK_SECONDS)
            before, state = state, day_state()
            if state.standing > before.standing:  # a slow machine is no reason to give up
                end = time.monotonic() + wait
        self.stdout.write(str(state))
