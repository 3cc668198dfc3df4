"""The gallery on a free port, in a process of its own, with a websocket that a test can script.

`python -m tests.portal.ui.gallery_server` prints the address and serves until it is ended.
POST /_live/publish?topic=..&by=..&tell=0|1, /_live/cut, /_live/refuse?on=0|1 script the socket.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Live:
    """Stands where the live consumer stands: acknowledges, and sends what a test says."""

    def __init__(self) -> None:
        self.seqs: dict[str, int] = {}
        self.open: list[tuple[Send, set[str]]] = []
        self.refuse = False

    async def socket(self, receive: Any, send: Send) -> None:
        """One websocket from its beginning to its end."""
        await receive()
        if self.refuse:
            await send({"type": "websocket.close", "code": 1013})
            return
        await send({"type": "websocket.accept"})
        entry: tuple[Send, set[str]] = (send, set())
        self.open.append(entry)
        while (message := await receive())["type"] == "websocket.receive":
            await self._answer(json.loads(message["text"]), entry)
        self.open.remove(entry)

    async def _answer(self, data: dict[str, Any], entry: tuple[Send, set[str]]) -> None:
        send, topics = entry
        if data["op"] != "sub":
            return
        topics.add(data["topic"])
        seq = self.seqs.setdefault(data["topic"], 1)
        await send(_text({"op": "ack", "id": data["id"], "topic": data["topic"], "seq": seq}))

    async def command(self, name: str, args: dict[str, str]) -> None:
        """What a test asks for."""
        if name == "refuse":
            self.refuse = args["on"] == "1"
        elif name == "cut":
            for send, _topics in list(self.open):
                await send({"type": "websocket.close", "code": 1012})
        elif name == "publish":
            await self._publish(args["topic"], int(args.get("by", 1)), args.get("tell", "1"))

    async def _publish(self, topic: str, by: int, tell: str) -> None:
        self.seqs[topic] = self.seqs.get(topic, 1) + by
        message = {"op": "ev", "topic": topic, "seq": self.seqs[topic], "kind": "changed"}
        for send, topics in list(self.open):
            if tell == "1" and topic in topics:
                await send(_text(message))


def _text(message: dict[str, Any]) -> dict[str, Any]:
    return {"type": "websocket.send", "text": json.dumps(message)}


def application_build() -> Callable[[Any, Any, Send], Awaitable[None]]:
    """Pages and static files, the scripted socket, and the script's own addresses."""
    live = Live()
    pages = ASGIStaticFilesHandler(get_asgi_application())

    async def application(scope: Any, receive: Any, send: Send) -> None:
        if scope["type"] == "websocket":
            await live.socket(receive, send)
        elif scope["path"].startswith("/_live/"):
            await live.command(scope["path"][7:], dict(parse_qsl(scope["query_string"].decode())))
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await pages(scope, receive, send)

    return application


def serve() -> None:
    """Listen on a free port, print the address, and serve."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201
    config = uvicorn.Config(application_build(), lifespan="off", log_level="warning")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.portal.ui.settings_gallery")
    serve()
