"""A cluster that can't be used: who is told, and that it is told once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.choices import ClusterState
from inventory.models import Cluster
from inventory.notices import QUIET
from inventory.states import cluster_state_set
from portal.models import Notice
from portal.scope import scope
from portal.viewer import Viewer
from tests.people import People

pytestmark = pytest.mark.django_db
AWAY, EXPIRED = "cluster.unreachable", "cluster.credential-expired"
SYSTEM = Viewer.system("tests")
Move = Callable[..., None]


@pytest.fixture
def move(people: People) -> Move:
    """Moves a connected cluster from state to state, some minutes from now."""
    assert people
    now = timezone.now()
    made = Cluster.objects.create(
        name="one", title="One", server_url="https://one.example", state="connected"
    )

    def to(state: str, *, code: str = "", minutes: int = 0) -> None:
        with scope(SYSTEM):
            cluster_state_set(
                cluster_id=made.pk,
                state=ClusterState(state),
                code=code,
                now=now + timedelta(minutes=minutes),
            )

    return to


def told() -> list[tuple[str, int]]:
    """Kinds of notices about clusters, and who got them."""
    with scope(SYSTEM):
        rows = Notice.objects.filter(kind__startswith="cluster.").order_by("id")
        return list(rows.values_list("kind", "user_id"))


def test_operators_hear_of_a_cluster_that_is_away_once(move: Move, people: People) -> None:
    move("unreachable", code="cluster-unreachable")
    move("unreachable", code="cluster-timeout", minutes=60)
    assert told() == [(AWAY, people.operator.user.pk)]
    with scope(SYSTEM):
        notice = Notice.objects.get(kind=AWAY)
    assert (notice.url, notice.email_state) == ("/ops/clusters/one/", "queued")


def test_another_trouble_is_told_of_and_a_return_is_not(move: Move, people: People) -> None:
    move("unreachable", code="cluster-unreachable")
    move("credential_expired", code="credential-expired", minutes=1)
    move("connected", minutes=2)
    operator = people.operator.user.pk
    assert told() == [(AWAY, operator), (EXPIRED, operator)]


def test_a_cluster_that_comes_and_goes_is_no_storm(move: Move) -> None:
    for minutes in range(0, 20, 2):
        move("unreachable", code="cluster-unreachable", minutes=minutes)
        move("connected", minutes=minutes + 1)
    assert len(told()) == 1
    later = int(QUIET.total_seconds() / 60) + 20
    move("unreachable", code="cluster-unreachable", minutes=later)
    assert len(told()) == 2
