"""REST of the audit log, collected by portal.urls."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from portal.audit_pages.api.resources import AuditViewSet


def register(router: BaseRouter) -> None:
    """Add the log."""
    router.register("audit", AuditViewSet, basename="api-audit")
