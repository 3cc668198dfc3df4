"""Writes that are repeated, written at once, or only tried."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from portal.api.idempotency import answers_trim
from portal.models import AuditEntry, IdempotentAnswer, JobRun, OutboxEvent
from portal.scope import scope
from portal.viewer import Viewer
from tests.people import People
from tests.portal.calls import Api

SYSTEM = Viewer.system("tests")
BODY = {"tenant": "vision", "name": "quay-1", "count": 3}


def count(model: type) -> int:
    with scope(SYSTEM):
        return model.objects.count()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.django_db
@pytest.mark.parametrize("key", [None, " ", "a b", "k" * 129, "schlüssel", '"', "a\tb"])
def test_a_write_without_a_usable_key_is_refused(api: Api, key: str | None) -> None:
    answer = api("POST", "berths/", BODY, key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")
    assert count(JobRun) == 0


@pytest.mark.django_db
def test_the_same_request_again_gets_the_first_answer(api: Api) -> None:
    first = api("POST", "berths/", BODY, key="k-1")
    again = api("POST", "berths/", BODY, key='"k-1"')
    assert again.status_code == 201
    assert again.json() == first.json()
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert again["Idempotency-Replayed"] == "true"
    assert not first.has_header("Idempotency-Replayed")
    assert count(JobRun) == 1


@pytest.mark.django_db
def test_an_answer_without_a_body_is_replayed_too(api: Api) -> None:
    made = api("POST", "berths/", BODY).json()
    path = f"berths/{made['id']}/"
    assert api("DELETE", path, key="k-2", If_Match='"0"').status_code == 204
    again = api("DELETE", path, key="k-2", If_Match='"0"')
    assert (again.status_code, again["Idempotency-Replayed"]) == (204, "true")


@pytest.mark.django_db
def test_the_same_key_for_another_request_is_refused(api: Api) -> None:
    api("POST", "berths/", BODY, key="k-1")
    other = api("POST", "berths/", BODY | {"count": 4}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    elsewhere = api("POST", "berths/?x=1", BODY, key="k-1")
    assert elsewhere.status_code == 422
    assert count(JobRun) == 1


@pytest.mark.django_db
def test_keys_of_two_people_are_two_keys(berths: None, people: People) -> None:
    Api(people.alice.client())("POST", "berths/", BODY, key="k-1")
    answer = Api(people.operator.client())("POST", "berths/", BODY | {"name": "quay-2"}, key="k-1")
    assert answer.status_code == 201
    assert count(JobRun) == 2


@pytest.mark.django_db
def test_an_error_is_not_kept_so_the_key_may_try_again(api: Api) -> None:
    assert api("POST", "berths/", BODY | {"count": -1}, key="k-1").status_code == 400
    assert count(IdempotentAnswer) == 0
    assert api("POST", "berths/", BODY, key="k-1").status_code == 201


@pytest.mark.django_db
def test_a_dry_run_answers_and_keeps_nothing(api: Api) -> None:
    answer = api("POST", "berths/?dryRun=true", BODY, key=None)
    assert (answer.status_code, answer["Berth-Dry-Run"]) == (201, "true")
    assert answer.json()["name"] == "quay-1"
    assert not answer.has_header("Location")
    assert [count(model) for model in (JobRun, IdempotentAnswer)] == [0, 0]
    with scope(SYSTEM):
        assert not AuditEntry.objects.filter(verb="berth.create").exists()
        assert not OutboxEvent.objects.filter(topic="berths").exists()


@pytest.mark.django_db
def test_a_dry_run_refuses_as_the_real_one_would(api: Api) -> None:
    bad = api("POST", "berths/?dryRun=true", BODY | {"name": "A"}, key=None)
    assert (bad.status_code, list(bad.json()["errors"])) == (400, ["name"])
    assert api("POST", "berths/?dryRun=yes", BODY).status_code == 400


@pytest.mark.django_db
def test_old_answers_are_forgotten(api: Api) -> None:
    api("POST", "berths/", BODY, key="k-1")
    with scope(SYSTEM):
        assert answers_trim(timezone.now() + timedelta(hours=47)) == 0
        assert answers_trim(timezone.now() + timedelta(hours=49)) == 1


@pytest.mark.django_db(transaction=True)
def test_one_key_in_twenty_requests_at_once_has_one_effect(
    berths: None, people_committed: People
) -> None:
    answers: list[tuple[int, str]] = []
    gate = threading.Barrier(20, timeout=30)
    clients: list[Client] = [people_committed.alice.client() for _ in range(20)]

    def call(client: Client) -> None:
        try:
            gate.wait()
            answer = Api(client)("POST", "berths/", BODY, key="k-1")
            answers.append((answer.status_code, answer.get("Idempotency-Replayed", "")))
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 20
    assert {status for status, _ in answers} <= {201, 409}
    assert answers.count((201, "")) == 1
    assert count(JobRun) == 1
    late = Api(people_committed.alice.client())("POST", "berths/", BODY, key="k-1")
    assert (late.status_code, late["Idempotency-Replayed"]) == (201, "true")
