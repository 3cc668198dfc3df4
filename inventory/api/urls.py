"""REST resources of this app, collected by portal.urls."""

from __future__ import annotations

from rest_framework.routers import BaseRouter


def register(router: BaseRouter) -> None:
    """Add this app's resources."""
