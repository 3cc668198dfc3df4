"""REST resources of this app, collected by portal.urls."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.routers import BaseRouter

from scheduling.api.allocations import AllocationViewSet
from scheduling.api.drift import DriftViewSet
from scheduling.api.quotas import QuotaSetView, QuotaViewSet


def register(router: BaseRouter) -> None:
    """Add this app's resources."""
    router.register("quotas", QuotaViewSet, basename="api-quota")
    router.register("allocations", AllocationViewSet, basename="api-allocation")
    router.register("drift", DriftViewSet, basename="api-drift")


urlpatterns: list[URLPattern] = [
    path("quotas:set", QuotaSetView.as_view(), name="api-quota-set"),
]
