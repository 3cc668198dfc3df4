"""The gallery on a free port, with a websocket that a test can script."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn


class Live:
    """Stands where the live consumer stands: acknowledges, and sends what a test says."""

    def __init__(self) -> None:
        self.seqs: dict[str, int] = {}
        self.open: list[tuple[Any, set[str]]] = []
        self.refuse = False
        self.connects = 0
        self.loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.connects += 1
        await receive()
        if self.refuse:
            await send({"type": "websocket.close", "code": 1013})
            return
        await send({"type": "websocket.accept"})
        entry: tuple[Any, set[str]] = (send, set())
        self.open.append(entry)
        while (message := await receive())["type"] == "websocket.receive":
            await self._answer(json.loads(message["text"]), entry)
        self.open.remove(entry)

    async def _answer(self, data: dict[str, Any], entry: tuple[Any, set[str]]) -> None:
        send, topics = entry
        if data["op"] == "sub":
            topic = data["topic"]
            topics.add(topic)
            seq = self.seqs.setdefault(topic, 1)
            ack = {"op": "ack", "id": data["id"], "topic": topic, "seq": seq}
            await send({"type": "websocket.send", "text": json.dumps(ack)})

    def publish(self, topic: str, *, by: int = 1, tell: bool = True) -> None:
        """Move a topic on by `by`; `tell` False loses the event on its way."""
        self.seqs[topic] = self.seqs.get(topic, 1) + by
        message = {"op": "ev", "topic": topic, "seq": self.seqs[topic], "kind": "changed"}
        for send, topics in list(self.open):
            if tell and topic in topics:
                self._run(send({"type": "websocket.send", "text": json.dumps(message)}))

    def cut(self) -> None:
        """Close every socket from the server's side."""
        for send, _topics in list(self.open):
            self._run(send({"type": "websocket.close", "code": 1012}))

    def _run(self, work: Any) -> None:
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=5)


@contextlib.contextmanager
def gallery_served() -> Iterator[tuple[str, Live]]:
    """Serve until the block ends; gives the address and the scripted socket."""
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
    from django.core.asgi import get_asgi_application

    live = Live()
    pages = ASGIStaticFilesHandler(get_asgi_application())

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await live(scope, receive, send)
        elif scope["type"] == "http":
            await pages(scope, receive, send)

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", live
    finally:
        server.should_exit = True
        thread.join(timeout=10)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.portal.ui.settings_gallery")
    with gallery_served() as (address, _live):
        print(address, flush=True)  # noqa: T201
        threading.Event().wait()
