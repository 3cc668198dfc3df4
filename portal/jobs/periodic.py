"""Work that comes round by the clock, run by the sweeper's leader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from portal.models.jobs import Heartbeat
from portal.scope import scope
from portal.viewer import Viewer

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Periodic:
    """A function that gets the time and does what is due; it opens its own scopes."""

    name: str
    every_seconds: float
    run: Callable[[datetime], None]


_works: dict[str, Periodic] = {}


def register(*, name: str, every_seconds: float, run: Callable[[datetime], None]) -> None:
    """Make a piece of work known; called once per name from an app's `ready`."""
    _works[name] = Periodic(name, every_seconds, run)


def run_due(*, now: datetime) -> list[str]:
    """Run what is due; return its names. One that fails does not keep the others.

    The boundary at which one piece's error stays its own, whatever it is: each belongs to a room
    that the chassis does not know, and the sweeper that died of one would take all jobs with it.
    """
    with scope(Viewer.system("periodic")):
        last = dict(Heartbeat.objects.values_list("name", "at"))
    done = []
    for work in _works.values():
        name = f"periodic.{work.name}"
        if name in last and now < last[name] + timedelta(seconds=work.every_seconds):
            continue
        try:
            work.run(now)
        except Exception:
            log.exception("periodic.failed", work=work.name)
        with scope(Viewer.system("periodic")):
            Heartbeat.objects.update_or_create(name=name, defaults={"at": now})
        done.append(work.name)
    return done
