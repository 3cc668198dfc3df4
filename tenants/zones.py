"""Time zones: those that exist, and the one in which a person's pages are made."""

from __future__ import annotations

import zoneinfo
from functools import cache

ZONE_COOKIE = "berth_zone"  # written by frontend/src/js/zone.js


@cache
def zones_known() -> frozenset[str]:
    """Names of all zones; reading the folders of the system once is enough."""
    return frozenset(zoneinfo.available_timezones())


def zone_of(*, chosen: str, browser: str) -> zoneinfo.ZoneInfo | None:
    """The zone that was chosen, else the one the browser names; None where neither exists."""
    name = chosen or browser
    return zoneinfo.ZoneInfo(name) if name in zones_known() else None
