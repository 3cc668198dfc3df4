"""One cluster: its objects, its users, its rules. Everything else is handed this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from simulator.admission.chain import Admission
from simulator.auth.identity import Authenticator, User
from simulator.auth.pki import Authority
from simulator.auth.rbac import Authorizer
from simulator.store.persist import Journal
from simulator.store.store import Store


@dataclass(frozen=True)
class Pace:
    """How fast the cluster lives, in seconds.

    `start` is how long containers take to start, `spread` how much that varies, `namespace` how
    long a deleted namespace stays at least, `retry` how soon a controller looks again at what
    failed, `orphan` how long the pods of a deleted node stay (a real controller waits as long as
    the lifelike one).
    """

    start: float = 0.0
    spread: float = 0.0
    image: float = 1.0
    resize: float = 0.3
    stop: float = 0.0
    namespace: float = 5.0
    retry: float = 0.5
    orphan: float = 5.0


FAST = Pace()
LIFELIKE = Pace(start=2.0, spread=4.0, image=8.0, resize=1.5, stop=2.0, retry=5.0, orphan=40.0)
PACES = {"fast": FAST, "lifelike": LIFELIKE}


class Core:
    """The parts of one cluster, put together."""

    def __init__(
        self,
        *,
        authority: Authority,
        tokens: Mapping[str, User],
        state: Path | None = None,
        pace: Pace = FAST,
    ) -> None:
        self.authority = authority
        self.journal = Journal(state) if state is not None else None
        self.store = Store(self.journal)
        self.authenticator = Authenticator(self.store, authority.token_key, tokens)
        self.authorizer = Authorizer(self.store)
        self.admission = Admission(self)
        self.pace = pace
        self.held: set[str] = set()  # controllers that rest, by name, until they are let go

    def close(self) -> None:
        """Fold what is kept into its file."""
        if self.journal is not None:
            self.journal.close()
