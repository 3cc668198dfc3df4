"""Is Berth well? /live asks the process, /ready the database, /deep everything that should move.

An app adds its own question with `check_register` in `ready`; processes say that they are alive
with `beat`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from portal.models.jobs import Heartbeat
from portal.scope import scope
from portal.viewer import Viewer

Word = Literal["ok", "late", "down"]
WORST: dict[Word, int] = {"ok": 0, "late": 1, "down": 2}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Health:
    """One answer: a word for everybody, facts for operators."""

    word: Word
    facts: dict[str, Any] = field(default_factory=dict)


Check = Callable[[datetime], Health]
_checks: dict[str, Check] = {}


def check_register(name: str, check: Check) -> None:
    """Add a question to /deep. It runs in Berth's own scope and gets the time."""
    _checks[name] = check


def beat(name: str, **detail: Any) -> None:
    """Say that a process, or a periodic piece of work, is alive; in a transaction of its own."""
    with scope(Viewer.system("health")):
        Heartbeat.objects.update_or_create(
            name=name, defaults={"at": timezone.now(), "detail": detail}
        )


def beat_health(name: str, now: datetime, *, late: timedelta, down: timedelta) -> Health:
    """How long ago somebody last said that they are alive."""
    row = Heartbeat.objects.filter(name=name).first()
    if row is None:
        return Health("down", {"seen_at": None})
    return age_health(now - row.at, late=late, down=down, seen_at=row.at.isoformat())


def age_health(age: timedelta, *, late: timedelta, down: timedelta, **facts: Any) -> Health:
    """Turn an age into a word."""
    word: Word = "down" if age > down else "late" if age > late else "ok"
    return Health(word, {"age_seconds": round(age.total_seconds(), 1)} | facts)


def ready() -> tuple[bool, dict[str, Any]]:
    """Whether requests can be served: the database answers and has every migration."""
    try:
        missing = _migrations_missing()
    except DatabaseError as error:
        log.warning("health.database_away", error=str(error))
        return False, {"database": "down"}
    return not missing, {"database": "ok", "migrations": "missing" if missing else "ok"}


def deep(*, now: datetime) -> tuple[Word, dict[str, Health]]:
    """Every registered question with its answer, and the worst word of all."""
    answers: dict[str, Health] = {}
    for name, check in _checks.items():
        try:
            with scope(Viewer.system("health")):
                answers[name] = check(now)
        except DatabaseError as error:
            answers[name] = Health("down", {"error": str(error)})
    worst: Word = max((a.word for a in answers.values()), key=WORST.__getitem__, default="ok")
    return worst, answers


# What this process learns once: a program that runs doesn't lose migrations.
_complete = threading.Event()


def _migrations_missing() -> bool:
    """Ask the database; look for migrations until nothing is missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _complete.is_set():
        loader = MigrationLoader(connection)
        if set(loader.disk_migrations or ()) <= set(loader.applied_migrations or ()):
            _complete.set()
    return not _complete.is_set()
