"""manage.py demo_fleet --cluster NAME [NAME …]"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.errors import BerthError
from portal.scope import scope
from portal.viewer import Viewer
from tenants.services.demo_fleet import fleet_divide, fleet_seen

LOOK_SECONDS = 0.5


class Command(BaseCommand):
    """Divide clusters among the demonstration's teams: pools, quota, limits."""

    help = "Make pools over all clusters and give the demonstration's tenants quota in them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose mirror to wait for, and how long."""
        parser.add_argument(
            "--cluster", required=True, nargs="+", help="names of registered clusters"
        )
        parser.add_argument("--wait", type=float, default=60.0, help="seconds to wait for nodes")

    def handle(self, *_args: Any, cluster: list[str], wait: float, **_options: Any) -> None:
        """Run it; a second run changes nothing."""
        end = time.monotonic() + wait
        while not self._seen(cluster):
            if time.monotonic() > end:
                msg = (
                    f"Not all of {', '.join(cluster)} showed a node within {wait:g} s. Look at what"
                    " their pages say of the connection test, then run this again."
                )
                raise CommandError(msg)
            time.sleep(LOOK_SECONDS)
        try:
            with scope(Viewer.system("demo_fleet")) as viewer:
                made = fleet_divide(viewer=viewer)
        except BerthError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Pools and quota are made." if made else "There are pools already.")

    def _seen(self, clusters: list[str]) -> bool:
        with scope(Viewer.system("demo_fleet")):
            return fleet_seen(clusters=clusters)
