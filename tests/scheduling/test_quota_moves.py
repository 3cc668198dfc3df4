"""Quota is exact: counters are the ledger, whatever is moved, refused or repeated."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.models import Pool
from portal.errors import Refused
from portal.scope import scope
from portal.viewer import Viewer
from scheduling.models import Quota, QuotaLedger
from scheduling.services.moves import Direction, Move, quota_move
from scheduling.services.nodes import quota_node_create
from scheduling.services.quota import QuotaEdit, quota_set
from tests.scheduling.world import ledger_differences, quota_give, quota_numbers, system

LIMIT = 10
ROUNDS = (50, pytest.param(200, marks=pytest.mark.long))
CONTENDERS = 64


def pool_make(limit: int = LIMIT) -> Pool:
    """A pool with quota for aurora and vision below it."""
    with system():
        quota_node_create(tenant_key="aurora", parent_key=None)
        quota_node_create(tenant_key="vision", parent_key="aurora")
        pool = Pool.objects.create(name="h100", title="h100", ordering=1)
    quota_give(amounts={"cpu": limit})
    return pool


def move(pool: Pool, operation: str, direction: Direction, amount: int) -> bool:
    """Move cpu of vision; True when it was not refused."""
    with scope(Viewer.system("tests")):
        refusal = quota_move(Move(operation, direction, "vision", pool.pk, {"cpu": amount}))
    return refusal is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.storm
@pytest.mark.timeout(600)
@pytest.mark.parametrize("rounds", ROUNDS)
def test_of_64_claims_on_the_last_unit_exactly_one_wins(rounds: int) -> None:
    """Each contender keeps its session; a barrier lets all of them go at once, every round."""
    pool = pool_make(limit=1)
    start, end = (threading.Barrier(CONTENDERS + 1, timeout=60) for _ in range(2))
    winners: list[list[str]] = [[] for _ in range(rounds)]

    def contend(number: int) -> None:
        try:
            for round_number in range(rounds):
                name = f"{round_number}/{number}"
                start.wait()
                if move(pool, name, "reserve", 1):
                    winners[round_number].append(name)
                end.wait()
        except BaseException:
            start.abort()
            end.abort()
            raise
        finally:
            connection.close()

    with ThreadPoolExecutor(CONTENDERS) as workers:
        running = [workers.submit(contend, number) for number in range(CONTENDERS)]
        with contextlib.suppress(threading.BrokenBarrierError):
            for won in winners:
                start.wait()
                end.wait()
                assert len(won) == 1
                assert quota_numbers()["cpu"] == (1, 0, 0)
                assert move(pool, won[0], "cancel", 1)
        for contender in running:
            contender.result()
    assert ledger_differences() == []


@pytest.mark.django_db(transaction=True)
def test_a_move_that_is_repeated_by_many_at_once_moves_once() -> None:
    pool = pool_make()
    barrier = threading.Barrier(8)

    def again(_n: int) -> bool:
        try:
            barrier.wait()
            return move(pool, "A-1", "reserve", 3)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as workers:
        assert all(workers.map(again, range(8)))
    assert quota_numbers()["cpu"] == (3, 0, 0)
    assert quota_numbers("aurora")["cpu"] == (3, 0, 0)


PATHS: list[list[Direction]] = [
    ["reserve"],
    ["reserve", "cancel"],
    ["reserve", "bind"],
    ["reserve", "bind", "release"],
    ["reserve", "bind", "release", "credit"],
]


@pytest.mark.django_db
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    plans=st.lists(st.tuples(st.integers(1, 6), st.sampled_from(PATHS)), min_size=1, max_size=8),
    order=st.randoms(use_true_random=False),
    twice=st.booleans(),
)
def test_counters_equal_a_model_and_the_ledger(
    plans: list[tuple[int, list[Direction]]], order: object, twice: bool
) -> None:
    with transaction.atomic():
        _interleave(plans, order, twice=twice)
        transaction.set_rollback(True)


def _interleave(plans: list[tuple[int, list[Direction]]], order: object, *, twice: bool) -> None:
    pool = pool_make()
    todo = {f"A-{n}": (amount, list(path)) for n, (amount, path) in enumerate(plans)}
    model = {"reserved": 0, "bound": 0, "releasing": 0}
    while todo:
        name = order.choice(sorted(todo))  # type: ignore[attr-defined]
        amount, path = todo[name]
        direction = path.pop(0)
        fits = direction != "reserve" or sum(model.values()) + amount <= LIMIT
        assert move(pool, name, direction, amount) is fits
        if twice and fits:
            assert move(pool, name, direction, amount)
        if fits:
            _follow(model, direction, amount)
        if not path or not fits:
            del todo[name]
        assert quota_numbers()["cpu"] == tuple(model.values())
        assert quota_numbers("aurora")["cpu"] == tuple(model.values())
        assert ledger_differences() == []


def _follow(model: dict[str, int], direction: Direction, amount: int) -> None:
    for column, sign in {
        "reserve": {"reserved": 1},
        "cancel": {"reserved": -1},
        "bind": {"reserved": -1, "bound": 1},
        "release": {"bound": -1, "releasing": 1},
        "credit": {"releasing": -1},
    }[direction].items():
        model[column] += sign * amount


@pytest.mark.django_db
def test_the_program_cannot_write_counters_or_ledger_itself() -> None:
    assert move(pool_make(), "A-1", "reserve", 1)
    for forbidden in (
        lambda: Quota.objects.filter(tenant_key="vision").update(reserved=5),
        lambda: QuotaLedger.objects.create(
            operation="x", direction="reserve", quota=Quota.objects.first(), d_reserved=5
        ),
        lambda: QuotaLedger.objects.all().update(d_reserved=1),
    ):
        with pytest.raises(ProgrammingError), system():
            forbidden()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("edits", "rule"),
    [
        ([("vision", 11)], "quota.children"),
        ([("aurora", 9)], "quota.children"),
        ([("aurora", 5), ("vision", 5)], "quota.in-use"),
    ],
)
def test_quota_edits_that_do_not_add_up_are_refused_whole(
    edits: list[tuple[str, int]], rule: str
) -> None:
    pool = pool_make()
    assert move(pool, "A-1", "reserve", 6)
    with pytest.raises(Refused) as refused, system() as viewer:
        quota_set(
            edits=[QuotaEdit(key, "h100", "cpu", amount) for key, amount in edits],
            why="tests",
            viewer=viewer,
        )
    assert refused.value.refusal.rule == rule
    with system():
        assert set(Quota.objects.values_list("guaranteed", flat=True)) == {LIMIT}


@pytest.mark.django_db
def test_both_levels_can_be_lowered_together() -> None:
    pool = pool_make()
    assert move(pool, "A-1", "reserve", 6)
    with system() as viewer:
        quota_set(
            edits=[QuotaEdit(key, "h100", "cpu", 6) for key in ("vision", "aurora")],
            why="tests",
            viewer=viewer,
        )
    assert not move(pool, "A-2", "reserve", 1)
