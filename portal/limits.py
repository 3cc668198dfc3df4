"""Takes in request bodies before Django sees anything of them, and no more than the limit."""

from __future__ import annotations

from django.conf import settings

from portal.asgi_types import App, Message, Receive, Scope, Send
from portal.middleware import TOO_LARGE_FLAG


class BodyReader:
    """ASGI wrapper: reads the body, at most settings.BODY_LIMIT_BYTES of it.

    Django reads the whole body before its first middleware runs, so the limit has to stand here,
    announced length or not. A body that is too large reaches Django as an empty one with a flag
    in the scope, so that BodyLimitMiddleware can answer 413 in full form. Reading it here also
    means that a slow sender occupies no thread.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; one whose sender leaves half-way is dropped."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            body = await _body_read(scope, receive)
        except _TooLarge:
            scope[TOO_LARGE_FLAG] = True
            body = b""
        except _SenderLeft:
            return
        await self.app(scope, _replaying(body, receive), send)


class _TooLarge(Exception):
    """The body goes beyond the limit."""


class _SenderLeft(Exception):
    """Nobody waits for an answer any more."""


async def _body_read(scope: Scope, receive: Receive) -> bytes:
    limit = settings.BODY_LIMIT_BYTES
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if not announced.isdigit() or int(announced[:20]) > limit:
        raise _TooLarge
    parts = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _SenderLeft
        parts += message.get("body", b"")
        if len(parts) > limit:
            raise _TooLarge
        more = message.get("more_body", False)
    return bytes(parts)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Hand the body over in one piece; afterwards wait for the sender to leave."""
    handed = False

    async def replayed() -> Message:
        nonlocal handed
        if not handed:
            handed = True
            return {"type": "http.request", "body": body, "more_body": False}
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return message

    return replayed
