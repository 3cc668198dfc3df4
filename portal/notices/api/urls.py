"""REST addresses of the notices."""

from __future__ import annotations

from django.urls import URLPattern, path
from rest_framework.routers import BaseRouter

from portal.notices.api.views import NoticePreferenceView, NoticeViewSet

urlpatterns: list[URLPattern] = [
    path("notice-preferences/", NoticePreferenceView.as_view(), name="api_notice_preferences"),
]


def register(router: BaseRouter) -> None:
    """Add the notices of the person who asks."""
    router.register("notices", NoticeViewSet, basename="api_notice")
