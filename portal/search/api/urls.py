"""REST address of the search."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.routers import BaseRouter

from portal.search.api.views import SearchView

urlpatterns: list[URLPattern] = [path("search/", SearchView.as_view(), name="api_search")]


def register(router: BaseRouter) -> None:
    """The search is no resource."""
