"""What this app tells the chassis at start: one place to see all of it."""

from __future__ import annotations

from portal.viewers import resolver_register
from tenants.selectors.viewers import viewer_resolve
from tenants.topics import topics_register


def registrations_make() -> None:
    """Register with the chassis; called once, from `ready`."""
    resolver_register(viewer_resolve)
    topics_register()
