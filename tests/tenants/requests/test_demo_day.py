"""The demonstration's working day says what stands, and what does not yet."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command

from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Allocation
from tenants.demo_day import DayAsk
from tenants.management.commands import demo_day as command
from tenants.services import demo_day
from tenants.services.demo_day import DayState, day_state
from tests.tenants.requests.harbour import Harbour


@pytest.mark.django_db
def test_what_does_not_stand_is_named(harbour: Harbour, monkeypatch: pytest.MonkeyPatch) -> None:
    made = harbour.in_state("approved")
    name = made.ask["name"]
    monkeypatch.setattr(demo_day, "HELD", (DayAsk("vision", name, "h100", 1, 1),))
    assert day_state() == DayState(0, 1, (f"vision/{name}",))
    assert str(day_state()) == f"0 of 1 allocations stand; still coming up: vision/{name}"
    with scope(Viewer.system("tests")):
        Allocation.objects.filter(pk=harbour.fresh(made).allocation_id).update(state="active")
    assert str(day_state()) == "1 of 1 allocations stand"


def test_many_are_counted_instead() -> None:
    state = DayState(0, 4, ("a/a", "b/b", "c/c", "d/d"))
    assert str(state).endswith("still coming up: a/a, b/b and 2 more")


def said(monkeypatch: pytest.MonkeyPatch, standing: Iterator[int], *, wait: float) -> list[str]:
    """What the command says while so many of three stand at each look."""

    def look() -> DayState:
        now = next(standing)
        return DayState(now, 3, ("a/a", "b/b", "c/c")[now:])

    monkeypatch.setattr(command, "day_make", lambda now: 3)
    monkeypatch.setattr(command, "day_state", look)
    monkeypatch.setattr(command, "LOOK_SECONDS", 0.05)
    heard = StringIO()
    call_command("demo_day", wait=wait, stdout=heard)
    return heard.getvalue().splitlines()


def test_it_waits_as_long_as_more_come_up(monkeypatch: pytest.MonkeyPatch) -> None:
    slowly = iter([0, *[0] * 4, *[1] * 6, *[2] * 6, 3])
    lines = said(monkeypatch, slowly, wait=0.6)
    assert lines[-1] == "3 of 3 allocations stand"


def test_it_leaves_to_itself_what_stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = said(monkeypatch, iter([0, 1, *[2] * 1000]), wait=0.1)
    assert lines[-1] == "2 of 3 allocations stand; still coming up: c/c"
