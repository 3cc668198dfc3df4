"""What is kept on disk: every object and the latest events, in one SQLite file.

Each change is one transaction in the write-ahead log before anybody sees it, so SIGKILL loses
nothing that a client was told, and a disk that is full refuses a change instead of losing it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from simulator.objects import Object, load

if TYPE_CHECKING:
    from simulator.store.store import Stored

log = logging.getLogger("simulator")
KEPT_EVENTS = 2_000
TRIM_EVERY = 500
TABLES = """
CREATE TABLE IF NOT EXISTS object (
    kind TEXT, namespace TEXT, name TEXT, data BLOB NOT NULL,
    PRIMARY KEY (kind, namespace, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    version INTEGER PRIMARY KEY, type TEXT, kind TEXT, namespace TEXT, name TEXT,
    data BLOB, previous BLOB);
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT);
"""
Pair = tuple[Object, bytes]


@dataclass(frozen=True)
class Row:
    """One event as it was kept."""

    version: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    kind: str
    namespace: str
    name: str
    data: Pair
    previous: Pair | None


class Journal:
    """The file of one simulator; one process has it at a time."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=1.0)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        self._connection.executescript(TABLES)
        self._since_trim = 0

    def version(self) -> int:
        """The newest version that was written."""
        newest = self._connection.execute("SELECT max(version) FROM event").fetchone()[0] or 0
        return max(int(newest), self.floor())

    def floor(self) -> int:
        """The version up to which events are forgotten."""
        found = self.read("floor")
        return int(found) if found else 0

    def objects(self) -> Iterator[tuple[str, str, str, Object, bytes]]:
        """Every object."""
        for kind, namespace, name, data in self._connection.execute("SELECT * FROM object"):
            yield kind, namespace, name, load(data), data

    def events(self) -> Iterator[Row]:
        """Every event that is kept, oldest first."""
        rows = self._connection.execute("SELECT * FROM event ORDER BY version")
        for version, kind_of, kind, namespace, name, data, previous in rows:
            before = (load(previous), previous) if previous else None
            yield Row(version, kind_of, kind, namespace, name, (load(data), data), before)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing; raises sqlite3.Error where it was nothing."""
        try:
            self._connection.execute("BEGIN")
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def note(
        self,
        version: int,
        kind_of: Literal["ADDED", "MODIFIED", "DELETED"],
        stored: Stored,
        previous: bytes | None,
    ) -> None:
        """Keep one change, object and event together; raises sqlite3.Error and keeps nothing."""
        execute = self._connection.execute
        place = (stored.kind, stored.namespace, stored.name)
        with self._transaction():
            if kind_of == "DELETED":
                execute("DELETE FROM object WHERE kind=? AND namespace=? AND name=?", place)
            else:
                execute("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?)", (*place, stored.data))
            row = (version, kind_of, *place, stored.data, previous)
            execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        self._since_trim += 1
        if self._since_trim >= TRIM_EVERY:
            self._since_trim = 0
            self._trim(version - KEPT_EVENTS)

    def _trim(self, version: int) -> None:
        """Drop what is old; the change before it is kept whatever comes of this."""
        try:
            self.forget(version)
        except sqlite3.Error as problem:
            log.warning("Old events can't be dropped now: %s", problem)

    def forget(self, version: int) -> None:
        """Drop events up to a version; raises sqlite3.Error."""
        if version <= 0:
            return
        with self._transaction():
            self._connection.execute("DELETE FROM event WHERE version <= ?", (version,))
            self.write("floor", str(version))

    def read(self, name: str) -> str | None:
        """One note, such as the fleet's name."""
        query = "SELECT value FROM note WHERE name = ?"
        found = self._connection.execute(query, (name,)).fetchone()
        return str(found[0]) if found else None

    def write(self, name: str, value: str) -> None:
        """Keep one note."""
        self._connection.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Fold the log into the file and close it."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()
