"""manage.py watch: mirrors every cluster until told to stop."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from inventory.k8s.timing import Timing
from inventory.watcher.supervisor import Supervisor


class Command(BaseCommand):
    """One process; a second one stands by and takes over cluster by cluster."""

    requires_system_checks: list[str] = []  # they load every page, which a watcher never shows
    help = "Mirror nodes, namespaces, pods, quotas, StatefulSets and Jobs of every cluster."

    def add_arguments(self, parser: CommandParser) -> None:
        """Times that tests shorten."""
        parser.add_argument("--silence-seconds", type=float, default=Timing().silence_seconds)
        parser.add_argument("--relist-seconds", type=float, default=Timing().relist_seconds)

    def handle(self, **options: Any) -> None:
        """Run until SIGTERM or Ctrl-C."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        timing = Timing(
            silence_seconds=options["silence_seconds"], relist_seconds=options["relist_seconds"]
        )
        Supervisor(stop, timing=timing).run()
