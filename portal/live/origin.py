"""Browsers let any page open a websocket to us, so the server checks where it comes from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import validate_host

from portal.asgi_types import App, Receive, Scope, Send


class OriginCheck:
    """Refuse a socket whose Origin is missing, foreign, or not the host that was asked."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: Any = self.app if origin_allowed(dict(scope["headers"])) else WebsocketDenier()
        await app(scope, receive, send)


def origin_allowed(headers: dict[bytes, bytes]) -> bool:
    """Tell whether the page that opens the socket came from this Berth."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    host = headers.get(b"host", b"").decode("latin-1")
    try:
        parts = urlsplit(origin)
        name = parts.hostname
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not name:
        return False
    if origin.lower() == settings.PUBLIC_URL.lower():
        return True
    return parts.netloc.lower() == host.lower() and validate_host(name, settings.ALLOWED_HOSTS)
