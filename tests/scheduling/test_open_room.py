"""Room of open capacity that a foreign pod takes: it moves whole, whoever asked for which part."""

from __future__ import annotations

import pytest

from inventory.choices import FactKind
from portal.jobs.runner import job_run
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES
from scheduling.models import Allocation, NodeCommitment
from scheduling.services.allocations import CREATE, REPLACE, allocation_release
from scheduling.services.patrol import overcommit_watch
from tests.scheduling.facts import (
    GPU,
    Rows,
    ask,
    committed,
    job_of,
    rows_make,
    spaces,
    stop_after,
)
from tests.scheduling.world import now, system

pytestmark = pytest.mark.django_db(transaction=True)
OPEN = "berth-vision-h100"


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Rows:
    """Three nodes; jobs end where they would call a cluster."""
    stop_after(monkeypatch, "place", "choose")
    return rows_make("n1", "n2", "n3")


def opened(name: str, *, devices: int, replicas: int = 1) -> Allocation:
    """Open capacity that is promised its room, and stands."""
    made = ask(name, kind="open", devices=devices, replicas=replicas)
    job = job_of(made, CREATE)
    assert job is not None
    assert job_run(job_id=job.pk)
    with system():
        Allocation.objects.filter(pk=made.pk).update(state="active")
    return made


def replaced() -> int:
    """Run every job that places anew up to its decision, as workers do; how many there were."""
    with system():
        asked = JobRun.objects.filter(kind=REPLACE, state__in=ACTIVE_STATES)
        asked.update(due_at="2000-01-01T00:00Z")
        jobs = list(asked.values_list("pk", flat=True))
    for job_id in jobs:
        job_run(job_id=job_id)
    return len(jobs)


def devices_held() -> int:
    """What the open namespace has in all."""
    (space,) = spaces()
    return sum(amount for amount, _bound in committed(space.holder).values())


def test_what_a_small_pod_left_of_a_large_replica_moves(rows: Rows) -> None:
    """A pod of one device holds the one place for pods; seven devices beside it are loose."""
    opened("large", devices=8)
    (space,) = spaces()
    (home,) = committed(space.holder)
    rows.pod("small", home, devices=1, namespace=OPEN)
    rows.pod("foreign", home, devices=4)
    assert rows.over()
    assert replaced() == 1
    assert rows.over() == []
    assert committed(space.holder)[home] == (1, 1)
    assert sorted(committed(space.holder).values()) == [(1, 1), (7, 0)]
    overcommit_watch(now())
    assert replaced() == 0


def test_the_room_of_a_neighbour_in_the_namespace_does_not_vanish(rows: Rows) -> None:
    opened("first", devices=2, replicas=2)
    opened("second", devices=4)
    (space,) = spaces()
    assert devices_held() == 8
    (home,) = committed(space.holder)
    rows.pod("foreign", home, devices=3)
    assert replaced() == 1
    assert rows.over() == []
    assert devices_held() == 8


def test_as_little_as_possible_moves_where_a_part_can_stay(rows: Rows) -> None:
    opened("parts", devices=2, replicas=4)
    (space,) = spaces()
    (home,) = committed(space.holder)
    rows.pod("foreign", home, devices=3)
    replaced()
    assert rows.over() == []
    assert committed(space.holder)[home] == (4, 0)
    assert devices_held() == 8


def test_a_lost_node_takes_no_room_of_the_namespace_along(rows: Rows) -> None:
    opened("first", devices=3)
    opened("second", devices=5)
    (space,) = spaces()
    (home,) = committed(space.holder)
    rows.pod("own", home, devices=2, namespace=OPEN)
    rows.gone(FactKind.NODES, home)
    rows.gone(FactKind.PODS, "own")
    replaced()
    assert home not in committed(space.holder)
    assert devices_held() == 8
    assert rows.over() == []


def test_without_another_place_it_waits_and_says_so_and_keeps_what_it_has(rows: Rows) -> None:
    for name in ("n2", "n3"):
        rows.pod(f"full-{name}", name, devices=8)
    held = opened("stays", devices=8)
    rows.pod("foreign", "n1", devices=4)
    assert replaced() == 1
    job = job_of(held, REPLACE)
    assert job is not None
    assert (job.state, (job.reason or {}).get("code")) == ("waiting", "room")
    assert devices_held() == 8
    rows.gone(FactKind.PODS, "full-n2")
    assert replaced() == 1
    assert rows.over() == []
    assert devices_held() == 8


def test_room_that_is_being_given_back_makes_way_by_itself(rows: Rows) -> None:
    leaving = opened("leaving", devices=8)
    (space,) = spaces()
    (home,) = committed(space.holder)
    rows.pod("own", home, devices=2, namespace=OPEN)
    with system() as viewer:
        allocation_release(allocation=leaving, viewer=viewer)
    rows.pod("foreign", home, devices=4)
    assert rows.over() == []
    assert committed(space.holder) == {home: (2, 2)}
    assert replaced() == 0


def test_no_node_is_promised_beyond_capacity_by_moving(rows: Rows) -> None:
    """Each of two namespace-mates' rooms is taken from under it, again and again."""
    opened("a", devices=5)
    opened("b", devices=3, replicas=2)
    for number, node in enumerate(("n1", "n2", "n3", "n1")):
        rows.pod("foreign", node, devices=5)
        replaced()
        with system():
            frees = [row.free for row in NodeCommitment.objects.filter(resource=GPU)]
        assert min(frees) >= 0, (number, node)
        assert devices_held() == 11


def test_places_for_pods_beyond_what_was_promised_go_with_the_pods(rows: Rows) -> None:
    opened("wide", devices=4)
    (space,) = spaces()
    (home,) = committed(space.holder)
    other = next(name for name in ("n1", "n2", "n3") if name != home)
    for number in range(5):
        rows.pod(f"small-{number}", home, namespace=OPEN)
    rows.pod("elsewhere", other, namespace=OPEN)
    assert committed(space.holder, "pods") == {home: (5, 5), other: (1, 1)}
    rows.gone(FactKind.PODS, *(f"small-{number}" for number in range(5)), "elsewhere")
    assert sum(amount for amount, _bound in committed(space.holder, "pods").values()) == 1
    assert devices_held() == 4


def test_a_pod_where_nothing_was_promised_takes_its_room_along_and_every_sum_follows(
    rows: Rows,
) -> None:
    opened("first", devices=4)
    (space,) = spaces()
    (home,) = committed(space.holder)
    other = next(name for name in ("n1", "n2", "n3") if name != home)
    rows.pod("own", other, devices=3, namespace=OPEN)
    assert committed(space.holder) == {home: (1, 0), other: (3, 3)}
    with system():
        found = {
            row.node_name: row.committed for row in NodeCommitment.objects.filter(resource=GPU)
        }
    assert (found[home], found[other]) == (1, 3)
