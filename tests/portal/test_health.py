"""Health: /live asks the process, /ready the database, /deep what should move."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import Celery
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from portal import health
from portal.health_checks import WORKER_PREFIX, jobs, redis, relay, sweeper, workers
from portal.jobs.registry import queues
from portal.live import publish
from portal.models import Heartbeat, JobRun, JobState
from portal.scope import scope
from portal.tasks import worker_beat, workers_ping
from portal.viewer import Viewer
from tests.database import owner_connection
from tests.people import People

SYSTEM = Viewer.system("tests")
database = pytest.mark.django_db


def aged(name: str, seconds: float) -> None:
    Heartbeat.objects.update_or_create(
        name=name, defaults={"at": timezone.now() - timedelta(seconds=seconds)}
    )


def test_live_needs_no_database(client: Client) -> None:
    answer = client.get("/live")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]


@database
def test_ready_when_every_migration_is_there(client: Client) -> None:
    assert client.get("/ready").json() == {"status": "ok", "database": "ok", "migrations": "ok"}


@pytest.mark.django_db(transaction=True)
def test_not_ready_while_a_migration_is_missing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_complete", type(health._complete)())
    with owner_connection() as owner:
        owner.execute("UPDATE django_migrations SET name = name || '?' WHERE app = 'portal'")
    try:
        answer = client.get("/ready")
        assert (answer.status_code, answer.json()["migrations"]) == (503, "missing")
        assert client.get("/deep").status_code == 503
    finally:
        with owner_connection() as owner:
            owner.execute("UPDATE django_migrations SET name = rtrim(name, '?')")
    assert client.get("/ready").status_code == 200


@database
@pytest.mark.parametrize(("seconds", "word"), [(1, "ok"), (20, "late"), (70, "down")])
def test_a_sweeper_that_stands_still_is_seen_within_a_minute(seconds: int, word: str) -> None:
    aged("sweeper", seconds)
    with scope(SYSTEM):
        assert sweeper(timezone.now()).word == word


@database
def test_a_process_that_never_came_is_down() -> None:
    with scope(SYSTEM):
        now = timezone.now()
        assert [check(now).word for check in (sweeper, relay, workers)] == ["down"] * 3


@database
def test_the_relay_is_late_when_events_wait() -> None:
    aged("relay", 1)
    with scope(SYSTEM):
        publish("job:1", "step")
        assert relay(timezone.now()).word == "ok"
        assert relay(timezone.now() + timedelta(seconds=12)).word == "late"


@database
def test_the_oldest_due_job_counts_and_a_running_one_does_not() -> None:
    now = timezone.now()
    with scope(SYSTEM):
        assert jobs(now).word == "ok"
        job = JobRun.objects.create(
            kind="t",
            key="1",
            queue="report",
            requested_by_label="t",
            due_at=now - timedelta(minutes=6),
        )
        assert jobs(now).word == "down"
        JobRun.objects.filter(pk=job.pk).update(lease_until=now + timedelta(seconds=5))
        assert jobs(now).word == "ok"
        JobRun.objects.filter(pk=job.pk).update(state=JobState.PARKED, due_at=None)
        assert jobs(now).facts["parked"] == 1


@database
def test_workers_are_as_well_as_their_worst_queue() -> None:
    for queue in queues():
        aged(f"{WORKER_PREFIX}{queue}", 50 if queue == "sync" else 1)
    with scope(SYSTEM):
        answer = workers(timezone.now())
    assert answer.word == "late"
    assert {"apply", "place", "sync"} <= set(answer.facts["queues"])


@database
def test_a_queue_that_never_had_a_worker_is_without_one_after_a_start() -> None:
    now = timezone.now()
    for queue in set(queues()) - {"sync"}:
        aged(f"{WORKER_PREFIX}{queue}", 1)
    with scope(SYSTEM):
        assert workers(now).word == "down"  # nobody has even asked for a sign of life
    for queue in set(queues()) - {"sync"}:
        aged(f"{WORKER_PREFIX}{queue}", -130)
    lonely = Celery("lonely", broker="redis://127.0.0.1:1/0", set_as_current=False)
    for seconds in (0, 100):  # the first time counts, not the last
        workers_ping(now + timedelta(seconds=seconds), app=lonely)
    with scope(SYSTEM):
        answers = [workers(now + timedelta(seconds=age)) for age in (1, 60, 130)]
    assert [answer.word for answer in answers] == ["ok", "late", "down"]
    assert answers[-1].facts["queues"]["sync"] is None


@database
def test_a_worker_that_runs_the_task_is_alive() -> None:
    worker_beat(queue="apply")
    assert Heartbeat.objects.filter(name=f"{WORKER_PREFIX}apply").exists()


@database
def test_redis_answers_or_is_down(settings: Settings) -> None:
    assert redis(timezone.now()).word == "ok"
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    assert redis(timezone.now()).word == "down"


@database
def test_deep_gives_words_to_all_and_facts_to_operators(people: People, client: Client) -> None:
    aged("sweeper", 20)
    public = client.get("/deep").json()
    assert public["checks"]["sweeper"] == {"status": "late"}
    detailed = people.operator.client().get("/deep").json()
    assert detailed["checks"]["sweeper"]["age_seconds"] >= 20
    member = people.alice.client().get("/deep").json()
    assert member["checks"]["sweeper"] == {"status": "late"}


@database
def test_deep_answers_503_only_when_something_is_down(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for word, status in (("ok", 200), ("late", 200), ("down", 503)):
        answer = health.Health(word)  # type: ignore[arg-type]
        monkeypatch.setattr(health, "_checks", {"x": lambda _now, a=answer: a})
        found = client.get("/deep")
        assert (found.status_code, found.json()["status"]) == (status, word)
