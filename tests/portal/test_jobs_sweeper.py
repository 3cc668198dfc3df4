"""The sweeper: rings once, runs jobs while the broker is away, and falls only as a whole."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings as configured
from pytest_django import Settings

from deploy.setup.start_environment import Environments
from deploy.setup.start_processes import children_make
from portal.jobs import periodic, requests, sweeper
from portal.jobs.periodic import Periodic
from portal.jobs.sweeper import Swept, sweep_forever, sweep_once
from portal.models import JobState
from tests.portal.jobs import Known, ask, fresh, known, lift
from tests.portal.servers import process_running
from tests.portal.together import beside, together

__all__ = ["known"]
pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DYING = """
import os, sys
import django
django.setup()
from portal.management.commands import sweep

def die(_stop):
    raise ZeroDivisionError

setattr(sweep, sys.argv[1], die)
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "sweep"])
"""


@pytest.fixture
def _broker_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ring with an app whose broker nobody answers for."""
    lonely = Celery("lonely", broker="redis://127.0.0.1:1/0", set_as_current=False)
    lonely.conf.broker_transport_options = configured.CELERY_BROKER_TRANSPORT_OPTIONS
    monkeypatch.setattr(requests, "current_app", lonely)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The jobs that the sweeper rang for; nobody hears it."""
    found: list[int] = []

    def note(*, job_id: int, queue: str) -> bool:
        found.append(job_id)
        return True

    monkeypatch.setattr(sweeper, "ring", note)
    return found


@pytest.mark.usefixtures("_broker_away")
def test_without_a_broker_the_sweeper_does_the_jobs_itself(known: Known) -> None:
    known(lift)
    jobs = [ask(key=f"lift:{number}") for number in range(3)]
    assert sweep_once() == Swept(rung=0, ran=3)
    assert {fresh(job).state for job in jobs} == {JobState.SUCCEEDED}


@pytest.mark.usefixtures("_broker_away")
def test_a_sweeper_without_the_seal_key_leaves_jobs_alone(known: Known, settings: Settings) -> None:
    known(lift)
    job = ask()
    settings.SEAL_KEY = None
    assert sweep_once() == Swept(rung=0, ran=0)
    left = fresh(job)
    assert (left.state, left.epoch) == (JobState.QUEUED, 0)


def test_bin_start_gives_the_seal_key_to_everybody_who_runs_jobs() -> None:
    work = {"BERTH_SEAL_KEY": "x"}
    children = children_make(Environments(owner=work, web={}, work=work), port=1)
    holders = {child.name for child in children if "BERTH_SEAL_KEY" in child.environment}
    assert holders == {"worker", "watcher", "sweeper"}


def test_two_sweepers_at_once_ring_for_a_job_once(known: Known, rung: list[int]) -> None:
    known(lift)
    jobs = {ask(key=f"lift:{number}").pk for number in range(30)}
    together(*[sweep_once] * 4)
    assert sorted(rung) == sorted(jobs)


def test_a_job_that_nobody_took_is_rung_for_again_after_a_while(
    known: Known, rung: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    known(lift)
    job = ask()
    sweep_once()
    sweep_once()
    assert rung == [job.pk]
    monkeypatch.setattr(sweeper, "REHINT_SECONDS", 0.0)
    sweep_once()
    assert rung == [job.pk] * 2


@contextmanager
def sweeping(name: str) -> Iterator[None]:
    """A sweeper in a thread of this name, until the block ends."""
    stop = threading.Event()

    def sweep() -> None:
        threading.current_thread().name = name
        sweep_forever(stop)

    found = beside(sweep)
    try:
        yield
    finally:
        stop.set()
        found.result(20)


def until(check: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not check():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_of_two_sweepers_one_leads_and_the_other_takes_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds: list[str] = []
    monkeypatch.setattr(sweeper, "_round", lambda: rounds.append(threading.current_thread().name))
    monkeypatch.setattr(sweeper, "PERIOD_SECONDS", 0.02)
    with sweeping("second"):
        until(lambda: len(rounds) > 3)
        rounds.clear()
        with sweeping("third"):
            until(lambda: len(rounds) > 10)
    assert set(rounds) == {"second"}
    rounds.clear()
    with sweeping("third"):
        until(lambda: len(rounds) > 3)
    assert set(rounds) == {"third"}


def test_one_piece_of_periodic_work_that_fails_keeps_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[str] = []

    def broken(_now: datetime) -> None:
        ran.append("broken")
        raise ZeroDivisionError

    works = {
        "broken": Periodic("broken", 10, broken),
        "whole": Periodic("whole", 60, lambda _now: ran.append("whole")),
    }
    monkeypatch.setattr(periodic, "_works", works)
    assert periodic.run_due(now=NOW) == ["broken", "whole"]
    assert periodic.run_due(now=NOW + timedelta(seconds=5)) == []
    assert periodic.run_due(now=NOW + timedelta(seconds=11)) == ["broken"]
    assert ran == ["broken", "whole", "broken"]


@pytest.mark.parametrize("part", ["relay_run", "sweep_forever"])
def test_a_sweeper_one_of_whose_parts_dies_ends_so_that_it_is_started_again(
    part: str, tmp_path: Path
) -> None:
    with process_running(tmp_path / "log", "-c", DYING, part) as process:
        assert process.wait(60) == 1
    assert "ZeroDivisionError" in (tmp_path / "log").read_text()


def test_a_sweeper_that_is_asked_to_stop_ends_well(tmp_path: Path) -> None:
    with process_running(tmp_path / "log", "manage.py", "sweep") as process:
        until(lambda: "relay.leads" in (tmp_path / "log").read_text())
    assert process.returncode == 0
