"""What happens to the mirror and to jobs when single answers of the cluster are spoilt or lost."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from pytest_django import Settings

from deploy.testbed import Bed
from inventory.k8s.timing import Timing
from inventory.models import WatchState
from scheduling.services.allocations import CREATE
from tests.inventory.faults import chunks, plain, silent
from tests.inventory.world import mirror_is_list, watcher, watching
from tests.scheduling.conftest import AMOUNTS, NODES, world_open
from tests.scheduling.interposer import Interposer
from tests.scheduling.test_faults import SPACE, books_exact, running, until_code, until_state
from tests.scheduling.world import World, mirror_ready, quota_give, system, until

pytestmark = [pytest.mark.bed, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
QUICK = Timing(silence_seconds=4.0, backoff_seconds=0.2, backoff_cap_seconds=1.0)
GONE = msgspec.json.encode(
    {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
)
BUSY = plain(429, b"Too many requests, please try again later.\n", "Retry-After: 2\r\n")


@pytest.fixture
def wire(small_bed: Bed) -> Iterator[Interposer]:
    """Stands between Berth and the bed."""
    made = Interposer(small_bed)
    yield made
    made.close()


@pytest.fixture
def spoilt(
    small_bed: Bed, wire: Interposer, transactional_db: None, settings: Settings
) -> Iterator[World]:
    """A world whose cluster is reached through the interposer; a quick watcher and a worker."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with (
        world_open(small_bed, server=wire.url, ca_pem=wire.ca_pem) as found,
        found.watching(QUICK),
        found.working(),
    ):
        mirror_ready(found.cluster, nodes=NODES)
        quota_give(amounts=AMOUNTS)
        yield found


def lists_seen(world: World) -> dict[str, object]:
    """When each kind was last listed."""
    with system():
        rows = WatchState.objects.filter(cluster=world.cluster)
        return dict(rows.values_list("kind", "last_list_at"))


def test_410_on_the_watch_lists_anew_and_loses_nothing(spoilt: World, wire: Interposer) -> None:
    first = running(spoilt, "first")
    before = lists_seen(spoilt)
    wire.spoil(r"^GET /api/v1/pods\S*watch=", chunks(GONE + b"\n"))
    wire.cut()
    second = running(spoilt, "second")
    until(lambda: lists_seen(spoilt)["pods"] != before["pods"], seconds=30)
    assert any("/api/v1/pods" in line for line in wire.spoilt)
    books_exact(spoilt, first, second)


def test_a_busy_cluster_is_obeyed(spoilt: World, wire: Interposer) -> None:
    first = running(spoilt, "first")
    wire.spoil(r"^POST \S+/statefulsets", BUSY, times=2)
    allocation = spoilt.ask("patient")
    job = until_code(spoilt, allocation, "cluster-busy")
    assert job.state == "waiting"
    with system():
        began_at = job.steps.get(name="apply").began_at
    assert job.due_at is not None
    assert began_at is not None
    assert (job.due_at - began_at).total_seconds() > 1.5
    assert "busy" in spoilt.said(job)
    until_state(spoilt, allocation, "succeeded")
    assert len(wire.spoilt) == 2
    books_exact(spoilt, first, spoilt.fresh(allocation))


def test_an_answer_that_is_lost_after_the_write_landed_makes_no_second_object(
    spoilt: World, wire: Interposer
) -> None:
    for pattern in (
        r"^POST /api/v1/namespaces\?",
        r"^POST \S+/resourcequotas",
        r"^PATCH \S+/resourcequotas",
        r"^POST \S+/statefulsets",
    ):
        wire.spoil(pattern, wire.lost_answer)
    allocation = running(spoilt, "lost")
    assert len(wire.spoilt) == 4
    assert spoilt.names("statefulsets", SPACE) == {allocation.object_name}
    books_exact(spoilt, allocation)


def test_a_silent_watch_is_noticed_and_read_on(spoilt: World, wire: Interposer) -> None:
    first = running(spoilt, "first")
    wire.spoil(r"^GET /api/v1/pods\S*watch=", silent(60))
    wire.cut()
    until(lambda: any("/api/v1/pods" in line for line in wire.spoilt), seconds=20)
    second = running(spoilt, "second")
    books_exact(spoilt, first, second)


def test_a_killed_watcher_is_followed_by_one_that_knows_everything(
    bare: World, settings: Settings, tmp_path: Path
) -> None:
    settings.OUTBOUND_ALLOW = ("127.0.0.0/8",)
    with bare.working():
        with watcher(tmp_path / "log") as first:
            until(lambda: watching(bare.cluster), seconds=60)
            mirror_ready(bare.cluster, nodes=NODES)
            quota_give(amounts=AMOUNTS)
            held = running(bare, "first")
            assert first.end(signal.SIGKILL) == -signal.SIGKILL
        unseen = running(bare, "unseen")
        with system():
            assert bare.job(unseen, CREATE)
        with watcher(tmp_path / "log"):
            until(lambda: mirror_is_list(bare.cluster, bare.bed.client()), seconds=60)
            books_exact(bare, held, unseen)
    assert "Traceback" not in (tmp_path / "log").read_text()
