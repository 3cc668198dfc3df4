"""From a websocket's path to the consumer, through origin check and viewer."""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from django.urls import path
from django.utils.module_loading import import_string

from portal.live.consumer import LiveConsumer
from portal.live.origin import OriginCheck

# The room that knows people puts `viewer` and `viewer_now` into the socket's scope.
VIEWER_MIDDLEWARE = "tenants.middleware.ViewerSocketMiddleware"


def websocket_application() -> Any:
    """The ASGI application for all websockets."""
    viewer_middleware = import_string(VIEWER_MIDDLEWARE)
    return OriginCheck(viewer_middleware(URLRouter([path("ws/live/", LiveConsumer.as_asgi())])))
