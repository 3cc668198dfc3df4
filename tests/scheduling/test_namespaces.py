"""Whose a namespace is that stands there: after a crash, beside another job, under a taken name."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.services.removal import cluster_remove
from portal.jobs.runner import job_run
from scheduling.models import Allocation, TenantNamespace
from scheduling.services import namespaces
from scheduling.services.allocations import CREATE, RELEASE, allocation_release
from scheduling.services.nodes import quota_node_create
from scheduling.services.quota import QuotaEdit, quota_set
from scheduling.services.steps import place
from tests.inventory.world import OPERATOR
from tests.portal.together import beside
from tests.scheduling.facts import (
    GPU,
    PLENTY,
    Rows,
    ask,
    committed,
    fresh,
    job_of,
    rows_make,
    spaces,
    stop_after,
)
from tests.scheduling.world import GIB, World, ledger_differences, system

pytestmark = pytest.mark.django_db(transaction=True)
SPACE = "berth-vision"
OPEN = "berth-vision-h100"
bed = pytest.mark.bed


class Crash(BaseException):
    """The worker is gone."""


@bed
def test_a_namespace_that_a_dead_worker_made_is_known_to_the_next_job(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first job dies before it kept the UID, and is stopped."""
    first = world.ask("first")
    kept = namespaces._uid_keep

    def die(*_: Any) -> None:
        raise Crash

    monkeypatch.setattr(namespaces, "_uid_keep", die)
    job = job_of(first, CREATE)
    assert job is not None
    with pytest.raises(Crash):
        job_run(job_id=job.pk)
    assert SPACE in world.names("namespaces")
    monkeypatch.setattr(namespaces, "_uid_keep", kept)
    with system() as viewer:
        allocation_release(allocation=world.fresh(first), viewer=viewer)
        type(job).objects.filter(pk=job.pk).update(lease_until="2000-01-01T00:00Z")
    assert world.final_job(first, CREATE).state == "compensated"
    assert world.final_job(world.ask("second"), CREATE).state == "succeeded"
    assert ledger_differences() == []


@bed
def test_a_namespace_that_was_made_between_reading_and_looking_is_the_tenants(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two first jobs: one has read the row before the other kept the UID in it."""
    assert world.final_job(world.ask("first"), CREATE).state == "succeeded"
    ensure = namespaces.space_ensure

    def ensure_late(ctx: Any, space: TenantNamespace) -> None:
        space.uid = ""  # as it was when this one looked
        ensure(ctx, space)

    monkeypatch.setattr("scheduling.services.steps.widen.space_ensure", ensure_late)
    assert world.final_job(world.ask("second"), CREATE).state == "succeeded"


@bed
def test_a_quota_that_somebody_deleted_is_put_back_before_room_is_given_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its fence the use of a namespace is not known: nothing is credited on that."""
    monkeypatch.setattr("scheduling.services.steps.drain.DRAIN_SECONDS", 0)
    shape = {"cpu": 1000, "memory": GIB, "h100-sxm-80gb": 2}
    held = world.ask("held", kind="open", shape=shape)
    assert world.final_job(held, CREATE).state == "succeeded"
    settle = namespaces.quota_confirmed
    gone: list[str] = []

    def confirmed_then_deleted(*args: Any) -> bool:
        found = settle(*args)
        if found and not gone:
            gone.append(OPEN)
            world.bed.kubectl("delete", "resourcequota", "berth", "-n", OPEN)
        return found

    monkeypatch.setattr("scheduling.services.steps.widen.quota_confirmed", confirmed_then_deleted)
    with system() as viewer:
        allocation_release(allocation=world.fresh(held), viewer=viewer)
    assert world.final_job(held, RELEASE).state == "succeeded"
    assert gone
    hard = world.bed.client().get(f"/api/v1/namespaces/{OPEN}/resourcequotas/berth")
    assert hard["status"]["hard"]["requests.nvidia.com/gpu"] == "0"
    assert ledger_differences() == []


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Rows:
    """One node; jobs end where they would call a cluster."""
    stop_after(monkeypatch, "place")
    return rows_make("n1")


def test_two_tenants_whose_keys_come_to_one_name_get_a_namespace_each(rows: Rows) -> None:
    with system() as viewer:
        quota_node_create(tenant_key="vision-h100", parent_key=None)
        edits = [QuotaEdit("vision-h100", "h100", key, amount) for key, amount in PLENTY.items()]
        quota_set(edits=edits, why="tests", viewer=viewer)
    shape = {"cpu": 1000, "memory": GIB, GPU: 1}
    for made in (
        ask("open", kind="open", shape=shape),
        ask("work", tenant_key="vision-h100", shape=shape),
        ask("more", tenant_key="vision-h100", shape=shape),
    ):
        job = job_of(made, CREATE)
        assert job is not None
        assert job_run(job_id=job.pk)
    first, second = spaces()
    assert (first.name, first.tenant_key) == (OPEN, "vision")
    assert second.tenant_key == "vision-h100"
    assert second.name.startswith(f"{OPEN}-")


def test_the_nodes_are_read_once_for_a_sum(rows: Rows) -> None:
    job = job_of(ask("open", kind="open", devices=2), CREATE)
    assert job is not None
    assert job_run(job_id=job.pk)
    (space,) = spaces()
    with CaptureQueriesContext(connection) as captured:
        namespaces.hard_sum(space)
    assert sum('FROM "inventory_node"' in q["sql"] for q in captured.captured_queries) == 1


def test_what_was_granted_keeps_its_key_while_its_nodes_are_away(rows: Rows) -> None:
    made = ask("open", kind="open", devices=2)
    job = job_of(made, CREATE)
    assert job is not None
    assert job_run(job_id=job.pk)
    with system():
        type(made).objects.filter(pk=made.pk).update(widened=True)
    (space,) = spaces()
    before = namespaces.hard_sum(space)
    assert before["requests.nvidia.com/gpu"] == "2"
    rows.gone("nodes", "n1")
    with system():
        assert namespaces.hard_sum(space) == before


def test_nothing_is_placed_where_a_cluster_is_being_removed_at_this_moment(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the decision, which saw it connected, and what is reserved."""
    made = ask("late", devices=2)
    decide = place._decide

    def remove() -> None:
        with system() as viewer:
            cluster_remove(name="one", viewer=OPERATOR, reason=viewer.label)

    def decided(allocation: Allocation) -> Any:
        found = decide(allocation)
        beside(remove).result(20)
        return found

    monkeypatch.setattr(place, "_decide", decided)
    job = job_of(made, CREATE)
    assert job is not None
    assert job_run(job_id=job.pk)
    waiting = job_of(made, CREATE)
    assert waiting is not None
    assert (waiting.state, (waiting.reason or {})["code"]) == ("waiting", "room-taken")
    assert (fresh(made).state, committed(made.holder)) == ("planned", {})
    assert ledger_differences() == []
