"""REST addresses of the saved views."""

from __future__ import annotations

from rest_framework.routers import BaseRouter

from portal.saved_views.api.views import SavedViewViewSet


def register(router: BaseRouter) -> None:
    """Add the views of the person who asks."""
    router.register("saved-views", SavedViewViewSet, basename="api_saved_view")
