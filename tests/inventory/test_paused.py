"""What pausing promises: nothing by itself calls the cluster, and only a person takes it up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from inventory.connection_fields import connection_parse
from inventory.models import Cluster
from inventory.services import removal, testing
from inventory.services.clusters import (
    cluster_pause,
    cluster_register,
    cluster_resume,
    cluster_test,
)
from inventory.services.removal import cluster_remove
from portal.models import JobRun
from portal.scope import scope
from tests.inventory.faults import FaultServer, fault_server, plain
from tests.inventory.world import OPERATOR, SYSTEM, fresh, job_finish
from tests.people import People

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timezone.now() - timedelta(days=3)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server(plain(401)) as made:
        yield made


@pytest.fixture
def cluster(server: FaultServer, settings: Settings) -> Cluster:
    """Registered, and its first test is over."""
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)
    parsed = connection_parse(server=server.url, ca_pem=server.ca_pem, token="t")
    with scope(SYSTEM):
        made = cluster_register(name="one", title="One", kubeconfig=parsed, viewer=OPERATOR)
        JobRun.objects.all().delete()
    since(made)
    return made


def since(cluster: Cluster) -> None:
    """Let the cluster be in its state for long."""
    Cluster.objects.filter(pk=cluster.pk).update(state_since=LONG_AGO)


def pause(cluster: Cluster) -> None:
    with scope(SYSTEM):
        cluster_pause(name=cluster.name, viewer=OPERATOR)


def test_the_test_of_the_clock_that_meets_a_pause_does_not_call(
    cluster: Cluster, server: FaultServer
) -> None:
    testing.tests_request(timezone.now())
    pause(cluster)
    job = job_finish("cluster.test")
    assert (job.state, job.reason["code"]) == ("cancelled", "cancelled")
    assert server.requests == []
    testing.tests_request(timezone.now() + timedelta(days=1))
    with scope(SYSTEM):
        assert JobRun.objects.get().pk == job.pk


def test_the_test_of_a_person_calls_and_leaves_the_pause(
    cluster: Cluster, server: FaultServer, people_committed: People
) -> None:
    pause(cluster)
    person = replace(OPERATOR, user_id=people_committed.operator.user.pk)
    with scope(SYSTEM):
        cluster_test(name="one", viewer=person)
    assert job_finish("cluster.test").reason["code"] == "credential-expired"
    assert server.requests
    assert fresh(cluster).state == "paused"


def test_the_test_of_the_clock_that_a_person_asks_for_calls_in_a_pause(
    cluster: Cluster, server: FaultServer, people_committed: People
) -> None:
    testing.tests_request(timezone.now())
    pause(cluster)
    person = replace(OPERATOR, user_id=people_committed.operator.user.pk)
    with scope(SYSTEM):
        cluster_test(name="one", viewer=person)
    assert job_finish("cluster.test").reason["code"] == "credential-expired"
    assert server.requests


@pytest.mark.parametrize(("paused", "after"), [(True, "paused"), (False, "pending")])
def test_a_removal_that_is_undone_leaves_a_pause(
    cluster: Cluster, server: FaultServer, paused: bool, after: str
) -> None:
    def blocker(_cluster_id: int) -> list[str]:
        return ["Two allocations run there."]

    if paused:
        pause(cluster)
    with scope(SYSTEM):
        cluster_remove(name="one", viewer=OPERATOR)
    since(cluster)
    removal.removal_blocker_register(blocker)
    try:
        assert job_finish("cluster.remove").state == "compensated"
    finally:
        removal._blockers.remove(blocker)
    assert fresh(cluster).state == after
    assert fresh(cluster).state_since > LONG_AGO
    assert server.requests == []


def test_a_state_that_a_person_set_counts_from_then(cluster: Cluster) -> None:
    for act in (cluster_pause, cluster_resume, cluster_remove):
        since(cluster)
        with scope(SYSTEM):
            act(name="one", viewer=OPERATOR)
        assert fresh(cluster).state_since > LONG_AGO, act
