"""A fixed number of threads for requests, each with a database connection that lasts.

Django under ASGI gives every request a new thread, and with it a new connection: a crowd of
clients then meets PostgreSQL's "too many clients". Here a request waits for a free thread, so one
process never holds more connections than it has threads.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext

from portal.asgi_types import App, Message, Receive, Scope, Send

THREADS = 8
MAX_HELD_BYTES = 4 * 1024 * 1024


class Threads:
    """ASGI wrapper: runs the application's synchronous parts on a borrowed thread."""

    def __init__(self, app: App, *, count: int = THREADS) -> None:
        self.app = app
        self.free: asyncio.Queue[ThreadPoolExecutor] | None = None
        self.executors = [
            ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"request-{number}")
            for number in range(count)
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the thread is free again before a slow reader has read all."""
        free = self._free()
        held = HeldAnswer(send)
        executor = await free.get()
        try:
            async with ThreadSensitiveContext(executor=executor):
                await self.app(scope, receive, held.send)
        finally:
            free.put_nowait(executor)
        await held.release()

    def _free(self) -> asyncio.Queue[ThreadPoolExecutor]:
        """The queue of free threads; made in the loop that uses it. The last one back goes first.

        So a quiet process keeps one warm connection instead of waking them in turn.
        """
        if self.free is None:
            self.free = asyncio.LifoQueue()
            for executor in self.executors:
                self.free.put_nowait(executor)
        return self.free


class HeldAnswer:
    """Keeps an answer of known length back until the thread is free; streams go through."""

    def __init__(self, send: Send) -> None:
        self.to_client = send
        self.messages: list[Message] = []
        self.size = 0
        self.holding = True

    async def send(self, message: Message) -> None:
        """Keep a message, or pass it on where the answer is a stream or too large to keep."""
        if message["type"] == "http.response.start":
            self.holding = any(name == b"content-length" for name, _ in _headers(message))
        self.messages.append(message)
        self.size += len(message.get("body", b""))
        if not self.holding or self.size > MAX_HELD_BYTES:
            self.holding = False
            await self.release()

    async def release(self) -> None:
        """Send what was kept."""
        messages, self.messages = self.messages, []
        for message in messages:
            await self.to_client(message)


def _headers(message: Message) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in message.get("headers", [])]
