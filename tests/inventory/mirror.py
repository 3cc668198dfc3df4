"""A reflector in a thread whose messages are kept, and what it should have seen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from inventory.k8s.client import ClusterClient
from inventory.k8s.kinds import KINDS
from inventory.k8s.messages import Alive, Listed, Message, Moved, Seen
from inventory.k8s.reader import Reflector, Renew
from inventory.k8s.timing import Timing

QUICK = Timing(
    watch_from=4.0,
    watch_to=5.0,
    slack_seconds=1.0,
    silence_seconds=3.0,
    backoff_seconds=0.1,
    backoff_cap_seconds=0.5,
    forbidden_seconds=0.5,
)


class Heard:
    """What a reflector said, and the objects that follow from it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.objects: dict[str, str] = {}
        self.names: dict[str, str] = {}

    def put(self, message: Message) -> None:
        """Take a message in as the writing thread would."""
        self.messages.append(message)
        match message:
            case Listed():
                self.objects = {r.uid: r.resource_version for r in message.records}
                self.names = {r.uid: r.name for r in message.records}
            case Seen() if message.record is not None:
                self.objects[message.record.uid] = message.record.resource_version
                self.names[message.record.uid] = message.record.name
            case Seen():
                self.objects.pop(message.removed_uid, None)
                self.names.pop(message.removed_uid, None)

    @property
    def lists(self) -> list[Listed]:
        """Every whole list."""
        return [m for m in self.messages if isinstance(m, Listed)]

    @property
    def phases(self) -> list[tuple[str, str]]:
        """Phases and codes in order."""
        return [(m.phase, m.error_code) for m in self.messages if isinstance(m, Moved)]

    @property
    def watches(self) -> int:
        """How many watches were opened."""
        return sum(phase == "watching" for phase, _code in self.phases)

    @property
    def version(self) -> str:
        """The last version that was heard of."""
        told = [m.version for m in self.messages if isinstance(m, Listed | Seen | Alive)]
        return told[-1] if told else ""

    def has(self, name: str) -> bool:
        """Tell whether an object of this name is there."""
        return name in self.names.values()


@contextmanager
def reflecting(
    kind: str,
    client: ClusterClient | Renew,
    *,
    timing: Timing = QUICK,
    version: str = "",
    listed_seconds_ago: float | None = 0.0,
) -> Iterator[Heard]:
    """Run a reflector meanwhile; it has ended afterwards."""
    heard = Heard()
    renew: Renew = (lambda _failed: client) if isinstance(client, ClusterClient) else client
    reflector = Reflector(KINDS[kind], renew=renew, put=heard.put, timing=timing)
    thread = threading.Thread(target=reflector.run, args=(version, listed_seconds_ago), daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        reflector.stop()
        thread.join(10)
        assert not thread.is_alive(), "the reflector did not stop"
