"""The gallery's own little site."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import include, path

from portal.ui.gallery.samples import sample_viewer

urlpatterns = [path("", include("portal.ui.urls"))]


def gallery_viewer(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let a made-up operator look."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.viewer = sample_viewer()  # type: ignore[attr-defined]
        request.request_id = "0f1e2d3c4b5a"  # type: ignore[attr-defined]
        return get_response(request)

    return middleware
