"""From the outbox to the channel layer, and from notices to e-mail; one relay at a time.

An event counts as new as long as `published_at` is empty. So one that commits late, behind events
with larger ids, is found like any other; ids play no part in what is still to be sent. Numbers on
a topic are given out here, after the commit, by the one relay that holds the advisory lock.

The number is committed before the event is sent. A crash between the two loses the event, never
the number: the next relay sends the last number of every recent topic again, a browser that has it
ignores it, and one that lacks it fetches.
"""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta

import psycopg
import structlog
from channels.layers import get_channel_layer
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from redis.exceptions import RedisError

from portal.health import beat
from portal.live.batch import Sending, batch_number, topics_recent
from portal.live.events import MANY, Event
from portal.live.groups import group_name
from portal.live.outbox import CHANNEL
from portal.notices.mail import mail_due

LOCK = 0x42657274_68_02  # "Berth", second of its advisory locks
POLL_SECONDS = 0.5
AWAY_SECONDS = 2.0
BEAT_SECONDS = 5.0
MAIL_EVERY = timedelta(seconds=5)
MAIL_PATIENCE = 5.0
SEND_SECONDS = 15.0
RESEND = timedelta(minutes=2)

log = structlog.get_logger()


def relay_run(stop: threading.Event) -> None:
    """Relay until told to stop; comes back by itself when PostgreSQL or Redis was away.

    Raises whatever else goes wrong: the process ends, and its supervisor starts it again.
    Uses a database connection and an event loop of its own thread. A second relay waits for the
    lock of the first.
    """
    with asyncio.Runner() as runner:
        relay = Relay(runner)
        try:
            while not stop.is_set():
                relay.step(stop)
        finally:
            connection.close()
            if relay.mailing is not None:
                relay.mailing.join(MAIL_PATIENCE)


def _mail(now: datetime) -> None:
    try:
        mail_due(now=now)
    except (DatabaseError, InterfaceError):
        log.warning("relay.mail_waits", exc_info=True)
    finally:
        connection.close()


class Relay:
    """The state of one relay thread."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self.runner = runner
        self.leading = False
        self.resend = True
        self.beat_at: datetime | None = None
        self.mail_at: datetime | None = None
        self.mailing: threading.Thread | None = None  # a slow mail server holds up no event

    def step(self, stop: threading.Event) -> None:
        """One round: lead, send what is new, mail what is due, wait for the bell."""
        try:
            if not self.leading:
                self.leading = self.resend = self._lead()
            if self.leading:
                self._send_all()
                self._occasionally(timezone.now())
                self._wait(stop)
            else:
                stop.wait(AWAY_SECONDS)
        except (DatabaseError, InterfaceError, psycopg.Error):
            log.warning("relay.database_away", exc_info=True)
            self.leading = False
            connection.close()
            stop.wait(AWAY_SECONDS)

    def _lead(self) -> bool:
        """Take the lock and listen; both are gone with the connection."""
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if cursor.fetchone() != (True,):
                return False
            cursor.execute(f"LISTEN {CHANNEL}")
        log.info("relay.leads")
        return True

    def _send_all(self) -> None:
        if self.resend:
            again = topics_recent(since=timezone.now() - RESEND)
            self.resend = not self._send([Sending(Event(t, seq, MANY), False) for t, seq in again])
        while sendings := batch_number(now=timezone.now()):
            if not self._send(sendings):
                self.resend = True

    def _send(self, sendings: list[Sending]) -> bool:
        try:
            self.runner.run(_send_together(sendings))
        except (RedisError, OSError, TimeoutError) as error:
            # Browsers catch up: by the numbers of the next events, or by their minute's look.
            log.warning("relay.redis_away", error=str(error), events=len(sendings))
            return False
        return True

    def _occasionally(self, now: datetime) -> None:
        if self.beat_at is None or now - self.beat_at > timedelta(seconds=BEAT_SECONDS):
            self.beat_at = now
            beat("relay")
        sending = self.mailing is not None and self.mailing.is_alive()
        if not sending and (self.mail_at is None or now - self.mail_at > MAIL_EVERY):
            self.mail_at = now
            self.mailing = threading.Thread(target=_mail, args=(now,), name="mail", daemon=True)
            self.mailing.start()

    def _wait(self, stop: threading.Event) -> None:
        """Until somebody rings, at most for a moment."""
        connection.ensure_connection()
        if not stop.is_set():
            for _bell in connection.connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                pass


async def _send_together(sendings: list[Sending]) -> None:
    """Send in order. The layer waits for ever on a Redis that says nothing, so we don't."""
    layer = get_channel_layer()
    async with asyncio.timeout(SEND_SECONDS):
        for sending in sendings:
            event = sending.event
            await layer.group_send(
                group_name(event.topic),
                {
                    "type": "live.revoked" if sending.revokes else "live.event",
                    "topic": event.topic,
                    "seq": event.seq,
                    "kind": event.kind,
                    "ids": event.ids,
                },
            )
