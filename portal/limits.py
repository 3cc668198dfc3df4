"""Counts request bodies while they arrive, before anything of them is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

from portal.middleware import TOO_LARGE_FLAG

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
END: dict[str, Any] = {"type": "http.request", "body": b"", "more_body": False}


class BodyCounter:
    """ASGI wrapper: beyond settings.BODY_LIMIT_BYTES the application sees an ended body.

    Django reads the whole body to a file before its first middleware runs, so the limit has to
    stand here; the flag in the scope lets BodyLimitMiddleware answer 413 in full form.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > settings.BODY_LIMIT_BYTES:
            scope[TOO_LARGE_FLAG] = True
        await self.app(scope, _counting(scope, receive), send)


def _counting(scope: Scope, receive: Receive) -> Receive:
    seen = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal seen
        if scope.get(TOO_LARGE_FLAG) and seen >= 0:
            seen = -1
            return dict(END)
        message = await receive()
        if message["type"] == "http.request" and seen >= 0:
            seen += len(message.get("body", b""))
            if seen > settings.BODY_LIMIT_BYTES:
                scope[TOO_LARGE_FLAG] = True
                seen = -1
                return dict(END)
        return message

    return counted
