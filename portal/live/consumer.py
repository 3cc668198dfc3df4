"""The one websocket of a page. It says what changed; the page fetches it and proves its rights.

Client: {op: "sub", id, topic, since?}, {op: "unsub", id}, {op: "ping"}.
Server: {op: "ack", id, topic, seq, snap?}, {op: "ev", topic, seq, kind, ids},
{op: "resync", topic, seq}, {op: "error", id, code}, {op: "pong"}, {op: "bye", code, retry_after}.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from typing import Any, ClassVar, TypeGuard

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError
from redis.exceptions import RedisError

from portal.live.events import Event
from portal.live.groups import group_name, revocation_topic
from portal.live.outbox import TOPIC
from portal.live.rights import topic_seqs, topic_snapshot, topics_allowed, topics_standing
from portal.live.subscriptions import Bucket, SubId, Subscriptions
from portal.viewer import Viewer

MAX_FRAME_BYTES = 16 * 1024
MAX_SOCKETS = 1000
MAX_SOCKETS_A_PERSON = 20
RECHECK_SECONDS = 60.0
SEND_SECONDS = 30.0

CLOSE_SIGNED_OUT = 4401
CLOSE_TOO_FAST = 4429
CLOSE_TOO_LARGE = 1009
CLOSE_BUSY = 1013

LAYER_ERRORS = (RedisError, OSError, TimeoutError)
DATABASE_ERRORS = (DatabaseError, InterfaceError)

log = structlog.get_logger()


class LiveConsumer(AsyncWebsocketConsumer):
    """Subscriptions of one tab. Rights are asked at each one, every minute, and when revoked."""

    sockets: ClassVar[Counter[int]] = Counter()
    recheck_seconds: ClassVar[float] = RECHECK_SECONDS

    async def connect(self) -> None:
        """Take the socket, or say why not: a refused handshake can't tell the page."""
        self.viewer: Viewer = self.scope.get("viewer", Viewer.anonymous())
        self.subs = Subscriptions()
        self.bucket = Bucket(at=_now())
        self.wake = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.counted = 0
        await self.accept()
        if self.viewer.user_id is None:
            await self.bye("signed-out", CLOSE_SIGNED_OUT)
            return
        person = self.viewer.user_id
        if self.sockets.total() >= MAX_SOCKETS or self.sockets[person] >= MAX_SOCKETS_A_PERSON:
            await self.bye("busy", CLOSE_BUSY, retry_after=30)
            return
        self.counted = person
        self.sockets[person] += 1
        if not await self._join_all():
            return
        self.tasks = [
            asyncio.create_task(self.pump()),
            asyncio.create_task(self.recheck_forever()),
        ]

    async def disconnect(self, code: int) -> None:
        """Leave every group and stop the tasks."""
        for task in self.tasks:
            task.cancel()
        if not self.counted:
            return
        self.sockets[self.counted] -= 1
        topics = [*self.subs.topics, revocation_topic(self.counted)]
        await asyncio.gather(*map(self._leave, topics))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One operation of the client."""
        if not self.counted:
            return
        if not self.bucket.take(_now()):
            await self.bye("too-fast", CLOSE_TOO_FAST, retry_after=10)
            return
        if bytes_data is not None or len((text_data or "").encode()) > MAX_FRAME_BYTES:
            await self.bye("too-large", CLOSE_TOO_LARGE)
            return
        try:
            message = json.loads(text_data or "")
        except (ValueError, RecursionError):
            message = None
        await self.operate(message if isinstance(message, dict) else {})

    async def operate(self, message: dict[str, Any]) -> None:
        """Do what the message says, or answer with an error that names it."""
        op, sub_id = message.get("op"), message.get("id")
        if op == "ping":
            await self.reply(op="pong")
        elif op not in {"sub", "unsub"}:
            await self.reply(op="error", id=None, code="unknown-op")
        elif not _is_id(sub_id):
            await self.reply(op="error", id=None, code="bad-id")
        elif op == "sub":
            await self.subscribe(sub_id, message.get("topic"), message.get("since"))
        else:
            topic = self.subs.remove(sub_id)
            if topic is not None:
                await self._leave(topic)

    async def subscribe(self, sub_id: SubId, topic: object, since: object) -> None:
        """Join a topic. Joined first, numbered second: nothing can fall between the two."""
        if not isinstance(topic, str) or not TOPIC.fullmatch(topic):
            await self.reply(op="error", id=sub_id, code="bad-topic")
            return
        if sub_id in self.subs.by_id or self.subs.full():
            code = "id-in-use" if sub_id in self.subs.by_id else "too-many"
            await self.reply(op="error", id=sub_id, code=code)
            return
        try:
            allowed = await _ask(topics_allowed, viewer=self.viewer, topics=[topic])
            if not allowed:
                await self.reply(op="error", id=sub_id, code="not-found")
                return
            if self.subs.add(sub_id, topic):
                await self.channel_layer.group_add(group_name(topic), self.channel_name)
            seq = (await _ask(topic_seqs, [topic])).get(topic, 0)
            snap = await _ask(topic_snapshot, viewer=self.viewer, topic=topic)
        except (*DATABASE_ERRORS, *LAYER_ERRORS):
            self.subs.remove(sub_id)
            await self.reply(op="error", id=sub_id, code="unavailable")
            return
        extra = {} if snap is None else {"snap": snap}
        await self.reply(op="ack", id=sub_id, topic=topic, seq=seq, **extra)
        if isinstance(since, int) and since != seq:
            await self.reply(op="resync", topic=topic, seq=seq)
        self.subs.opened(topic, seq)
        self.wake.set()

    async def live_event(self, message: dict[str, Any]) -> None:
        """From the relay: keep it for the pump."""
        event = Event(message["topic"], message["seq"], message["kind"], message["ids"])
        if self.subs.offer(event):
            self.wake.set()

    async def live_revoked(self, message: dict[str, Any]) -> None:
        """From the relay: this person's rights have changed."""
        await self.recheck()

    async def pump(self) -> None:
        """Send what waits: the newest of each topic, and the last one always."""
        while True:
            delay = self._delay()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), delay)
            self.wake.clear()
            for event in self.subs.due(_now()):
                await self.reply(**event.as_message())

    def _delay(self) -> float | None:
        next_at = self.subs.next_at()
        return None if next_at is None else max(0.0, next_at - _now())

    async def recheck_forever(self) -> None:
        """Ask for rights again every minute: a socket outlives a session."""
        while True:
            await asyncio.sleep(self.recheck_seconds)
            await self.recheck()

    async def recheck(self) -> None:
        """Close for somebody who is gone, end what is no longer allowed, mend what got lost."""
        try:
            self.viewer = await self.scope["viewer_now"]()
            if self.viewer.user_id is None:
                await self.bye("signed-out", CLOSE_SIGNED_OUT)
                return
            asked = set(self.subs.topics)
            standing = await _ask(topics_standing, viewer=self.viewer, topics=asked)
        except DATABASE_ERRORS:
            log.warning("live.recheck_failed", exc_info=True)
            return
        await self._end_topics((asked & set(self.subs.topics)) - standing.allowed)
        if not await self._join_all():
            return
        for topic in self.subs.behind(standing.seqs):
            await self.reply(op="resync", topic=topic, seq=standing.seqs[topic])

    async def _end_topics(self, lost: set[str]) -> None:
        for sub_id in self.subs.ids_of(lost):
            topic = self.subs.remove(sub_id)
            await self.reply(op="error", id=sub_id, code="revoked")
            if topic is not None:
                await self._leave(topic)

    async def _join_all(self) -> bool:
        """Join every group, again too: Redis forgets them in a restart, and after a day."""
        topics = [*self.subs.topics, revocation_topic(self.counted)]
        joins = (self.channel_layer.group_add(group_name(t), self.channel_name) for t in topics)
        try:
            await asyncio.gather(*joins)
        except LAYER_ERRORS:
            log.warning("live.redis_away", exc_info=True)
            await self.bye("busy", CLOSE_BUSY, retry_after=5)
            return False
        return True

    async def reply(self, **message: Any) -> None:
        """Send one message; a reader that takes none for half a minute is let go."""
        text = json.dumps(message, separators=(",", ":"))
        try:
            await asyncio.wait_for(self.send(text_data=text), SEND_SECONDS)
        except TimeoutError:
            await self.close(code=CLOSE_BUSY)
        except OSError:  # the browser has left; the server says so to the consumer as well
            log.debug("live.reader_left")

    async def bye(self, code: str, close_code: int, *, retry_after: int | None = None) -> None:
        """Say why the socket ends, then end it."""
        await self.reply(op="bye", code=code, retry_after=retry_after)
        await self.close(code=close_code)

    async def _leave(self, topic: str) -> None:
        """Leave a group as far as Redis is there: what still comes of its topic is not sent on."""
        with contextlib.suppress(*LAYER_ERRORS):
            await self.channel_layer.group_discard(group_name(topic), self.channel_name)


async def _ask(question: Any, *args: Any, **kwargs: Any) -> Any:
    return await database_sync_to_async(question)(*args, **kwargs)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _is_id(value: object) -> TypeGuard[SubId]:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, str) and 0 < len(value) <= 64)
