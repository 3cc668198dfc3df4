"""REST resources of this app, collected by portal.urls."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from portal.jobs.api.resources import JobViewSet


def register(router: BaseRouter) -> None:
    """Add this app's resources."""
    router.register("jobs", JobViewSet, basename="api-job")
