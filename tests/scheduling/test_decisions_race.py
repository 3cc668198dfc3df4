"""Whoever decides at once, and whatever facts arrive meanwhile: nothing is promised twice.

Workers run the real jobs up to their decisions, watchers feed the real projections. Each decision
is looked at inside its own transaction, while it still holds the rows that it has taken.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Sum

from inventory.choices import FactKind
from inventory.models import Node, Pod
from inventory.models.pod import DONE_PHASES
from portal.jobs.runner import job_run
from portal.models import JobRun
from portal.models.jobs import ACTIVE_STATES
from scheduling.models import Allocation, Commitment, NodeCommitment
from scheduling.services.allocations import CREATE, REPLACE
from scheduling.services.commitments import commitments_drop, commitments_take
from scheduling.services.patrol import overcommit_watch
from tests.scheduling.facts import GPU, KEY, Rows, ask, rows_make, stop_after
from tests.scheduling.world import now, system

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
NODES = tuple(f"n{number}" for number in range(1, 7))
SECONDS = 8.0
DECIDERS = 6


class Witness:
    """Looks at what a decision has just taken: room that neither pods nor others hold."""

    def __init__(self) -> None:
        self.taken = 0
        self.wrong: list[str] = []

    def take(self, **values: Any) -> None:
        """As `commitments_take`, and the look afterwards."""
        commitments_take(**values)
        for placement in values["placements"]:
            self._look(placement.node_uid)
        self.taken += 1

    def _look(self, uid: str) -> None:
        node = Node.objects.get(uid=uid, gone_at=None)
        pods = Pod.objects.filter(node_name=node.name).exclude(phase__in=DONE_PHASES)
        stand = sum(pod.requests.get(KEY, 0) for pod in pods)
        held = Commitment.objects.filter(node_uid=uid, resource=GPU)
        loose = held.aggregate(sum=Sum(F("committed") - F("bound")))["sum"] or 0
        if stand + loose > node.allocatable[GPU]:
            self.wrong.append(f"{node.name}: {stand} stand, {loose} promised beside them")


def until_over(is_over: Callable[[], bool], turn: Callable[[], None]) -> None:
    """Take turns until it is over, with a connection of one's own."""
    try:
        while not is_over():
            turn()
    finally:
        connection.close()


def decide() -> None:
    """A worker: takes whatever job is there, up to its decision."""
    with system():
        jobs = JobRun.objects.filter(kind__in=(CREATE, REPLACE), state__in=ACTIVE_STATES)
        jobs.filter(state="waiting").update(due_at="2000-01-01T00:00Z")
        ids = list(jobs.order_by("?").values_list("pk", flat=True)[:4])
    for job_id in ids:
        job_run(job_id=job_id)
    time.sleep(0.01)


class Weather:
    """What happens on the cluster and to allocations while others decide; one thread's facts."""

    def __init__(self, rows: Rows) -> None:
        self.rows, self.dice, self.asked = rows, random.Random(11), 0

    def turn(self) -> None:
        """One thing of many."""
        things = [self.foreign, self.foreign, self.bind, self.end, self.end, self.more, self.more]
        self.dice.choice(things)()

    def foreign(self) -> None:
        """A pod of somebody's comes, moves or goes."""
        name = f"foreign-{self.dice.randrange(5)}"
        if self.dice.random() < 0.4:
            self.rows.gone(FactKind.PODS, name)
        else:
            self.rows.pod(name, self.dice.choice(NODES), devices=self.dice.randint(1, 4))

    def bind(self) -> None:
        """A pod of an allocation starts where it was decided, or somewhere else."""
        with system():
            loose = Commitment.objects.filter(resource="pods", committed__gt=F("bound"))
            found = loose.filter(holder__startswith="allocation:").order_by("?").first()
            held = Allocation.objects.filter(pk=found.holder.split(":")[1]) if found else ()
            mine = next(iter(held), None)
        if found is None or mine is None:
            return
        node = found.node_name if self.dice.random() < 0.7 else self.dice.choice(NODES)
        self.rows.pod(
            f"own-{mine.pk}-{self.dice.randrange(mine.replicas)}",
            node,
            devices=mine.shape.get(GPU, 0),
            namespace="berth-vision",
            holder=mine.pk,
        )

    def end(self) -> None:
        """An allocation gives back what it holds, after its pods."""
        with system():
            found = Allocation.objects.filter(state="reserved").order_by("?").first()
        if found is None:
            return
        pods = [f"own-{found.pk}-{number}" for number in range(found.replicas)]
        self.rows.gone(FactKind.PODS, *pods)
        with system():
            locked = Allocation.objects.select_for_update().get(pk=found.pk)
            if locked.kind == "workload":
                commitments_drop(holder=locked.holder)
                Allocation.objects.filter(pk=locked.pk).update(state="failed")

    def more(self) -> None:
        """Somebody asks."""
        self.asked += 1
        kind = "open" if self.dice.random() < 0.2 else "workload"
        devices, replicas = self.dice.randint(1, 4), self.dice.randint(1, 3)
        ask(f"a-{self.asked}", devices=devices, replicas=replicas, kind=kind)


def test_decisions_at_the_same_moment_never_promise_beyond_capacity_less_pods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows, witness = rows_make(*NODES), Witness()
    stop_after(monkeypatch, "place", "choose")
    for step in ("place", "replace"):
        monkeypatch.setattr(f"scheduling.services.steps.{step}.commitments_take", witness.take)
    began, start = time.monotonic(), threading.Barrier(DECIDERS + 1)

    def is_over() -> bool:
        """A busy machine gets more time."""
        least = SECONDS if witness.taken > 2 * DECIDERS else 8 * SECONDS
        return time.monotonic() - began > least

    def run(turn: Callable[[], None]) -> None:
        start.wait()
        until_over(is_over, turn)

    weather = Weather(rows)
    for _number in range(DECIDERS * 2):
        weather.more()
    with ThreadPoolExecutor(DECIDERS + 1) as threads:
        running = [threads.submit(run, decide) for _ in range(DECIDERS)]
        running.append(threads.submit(run, weather.turn))
        for each in running:
            each.result()
    assert witness.wrong == []
    assert witness.taken > 2 * DECIDERS
    assert crashes() == []
    assert sums_differ() == []
    rows.nodes(*(f"fresh-{number}" for number in range(8)))
    settle()  # with room enough, everything that gives way finds its place
    assert [line for line in rows.over() if GPU in line] == pods_alone_exceed()


def crashes() -> list[str]:
    """Jobs that met an error of the database, a deadlock perhaps, or an unexpected one."""
    with system():
        met = JobRun.objects.filter(reason__code="database") | JobRun.objects.filter(
            attempts__ended_as="crashed"
        )
        return [f"{job} {job.reason}" for job in met.distinct()]


def sums_differ() -> list[str]:
    """Nodes whose sum is not that of their holders."""
    with system():
        sums: Counter[tuple[str, str]] = Counter()
        for row in Commitment.objects.all():
            sums[row.node_uid, row.resource] += row.committed
        rows = NodeCommitment.objects.all()
        return [str(row) for row in rows if row.committed != sums[row.node_uid, row.resource]]


def settle() -> None:
    """Let all that give way find their place."""
    for _round in range(6):
        overcommit_watch(now())
        _decide_all()


def _decide_all() -> None:
    with system():
        jobs = JobRun.objects.filter(kind=REPLACE, state__in=ACTIVE_STATES)
        jobs.update(due_at="2000-01-01T00:00Z")
        ids = list(jobs.values_list("pk", flat=True))
    for job_id in ids:
        job_run(job_id=job_id)


def pods_alone_exceed() -> list[str]:
    """Nodes on which pods stand that no promise can make way for."""
    found = []
    with system():
        for row in NodeCommitment.objects.filter(resource=GPU):
            held = Commitment.objects.filter(node_uid=row.node_uid, resource=GPU)
            bound = held.aggregate(sum=Sum("bound"))["sum"] or 0
            if row.foreign + bound > row.allocatable:
                found.append(str(row))
    return found
