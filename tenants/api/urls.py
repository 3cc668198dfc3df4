"""REST resources of this app, collected by portal.urls."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.routers import BaseRouter

from tenants.api import openapi
from tenants.api.members import MemberViewSet
from tenants.api.requests import RequestViewSet
from tenants.api.simulate import SimulateView
from tenants.api.tenants import TenantViewSet
from tenants.api.tokens import TokenViewSet
from tenants.api.users import MeView, UserViewSet

__all__ = ["openapi", "register", "urlpatterns"]  # openapi: importing it is what registers it

TENANT = "tenants/(?P<tenant_key>[^/]+)"


def register(router: BaseRouter) -> None:
    """Add this app's resources."""
    router.register("tenants", TenantViewSet, basename="api-tenant")
    router.register(f"{TENANT}/members", MemberViewSet, basename="api-member")
    router.register(f"{TENANT}/tokens", TokenViewSet, basename="api-tenant-token")
    router.register("tokens", TokenViewSet, basename="api-token")
    router.register("requests", RequestViewSet, basename="api-request")
    router.register("users", UserViewSet, basename="api-user")


urlpatterns: list[URLPattern] = [
    path("me/", MeView.as_view(), name="api-me"),
    path("placements:simulate/", SimulateView.as_view(), name="api-simulate"),
]
