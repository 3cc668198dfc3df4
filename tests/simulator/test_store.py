"""What is kept and what is told are the same, also where the disk takes no more."""

from __future__ import annotations

import logging
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.testbed import ApiError
from simulator.api.errors import StatusError
from simulator.bed import SimulatedBed
from simulator.store.persist import Journal
from simulator.store.store import Event, Gone, Store

MAPS = "/api/v1/namespaces/default/configmaps"
FULL = "database or disk is full"


def config(name: str, text: str = "") -> dict[str, Any]:
    """A ConfigMap as it is kept."""
    return {"metadata": {"name": name, "namespace": "n"}, "data": {"a": text}}


def everything(store: Store) -> tuple[object, ...]:
    """All that a store would answer."""
    objects = [(s.name, s.version, s.obj) for s in store.ordered("configmaps")]
    return store.version, objects, [e.version for e in store.since("configmaps", 1)]


class Disk:
    """A journal on a disk that can be filled and emptied."""

    def __init__(self, path: Path) -> None:
        self.journal = Journal(path)
        self.store = Store(self.journal)
        self.told: list[Event] = []
        self.store.listen("configmaps", self.told.append)

    def fill(self) -> None:
        """Let the file grow no more."""
        pages = self.journal._connection.execute("PRAGMA page_count").fetchone()[0]
        self.journal._connection.execute(f"PRAGMA max_page_count={pages}")

    def empty(self) -> None:
        """Let it grow again."""
        self.journal._connection.execute("PRAGMA max_page_count=100000")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A fresh one."""
    made = Disk(tmp_path / "state.sqlite")
    yield made
    made.journal.close()


def test_a_full_disk_refuses_a_change_and_nobody_sees_it(
    disk: Disk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk.store.write("configmaps", config("first"))
    before, told = everything(disk.store), len(disk.told)
    disk.fill()
    with caplog.at_level(logging.ERROR, "simulator"), pytest.raises(StatusError) as refused:
        disk.store.write("configmaps", config("large", "x" * 100_000))
    assert (refused.value.code, refused.value.reason) == (500, "InternalError")
    assert FULL in refused.value.message
    assert [record.message for record in caplog.records] == [
        f"A change can't be kept and is refused: {FULL}. Is the disk full?"
    ]
    assert (everything(disk.store), len(disk.told)) == (before, told)
    disk.empty()
    disk.store.write("configmaps", config("large", "x" * 100_000))
    disk.store.remove("configmaps", "n", "first")
    after = everything(disk.store)
    disk.journal.close()
    disk.journal = Journal(tmp_path / "state.sqlite")
    assert everything(Store(disk.journal)) == after


def test_a_removal_that_can_not_be_kept_leaves_the_object(disk: Disk) -> None:
    disk.store.write("configmaps", config("stays", "x" * 100_000))
    before = everything(disk.store)
    disk.fill()
    with pytest.raises(StatusError):
        disk.store.remove("configmaps", "n", "stays")
    assert everything(disk.store) == before
    assert not disk.journal._connection.in_transaction


def test_history_that_can_not_be_forgotten_stays(disk: Disk) -> None:
    disk.store.write("configmaps", config("a"))
    disk.journal._connection.execute("PRAGMA query_only=1")
    with pytest.raises(StatusError):
        disk.store.forget()
    assert len(disk.store.since("configmaps", 1)) == 1
    disk.journal._connection.execute("PRAGMA query_only=0")
    disk.store.forget()
    with pytest.raises(Gone):
        disk.store.since("configmaps", 1)


@pytest.mark.skipif(sys.platform != "linux", reason="limits a running process")
def test_a_server_whose_disk_is_full_says_so_and_goes_on_when_it_is_not(tmp_path: Path) -> None:
    bed = SimulatedBed(tmp_path / "state").up()
    try:
        client = bed.client()
        client.create(MAPS, {"metadata": {"name": "before"}})
        listed = client.get(MAPS)
        assert bed._process is not None
        resource.prlimit(bed._process.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        with pytest.raises(ApiError) as refused:
            client.create(MAPS, {"metadata": {"name": "lost"}})
        assert (refused.value.status, refused.value.body["reason"]) == (500, "InternalError")
        assert "can't write its state" in refused.value.body["message"]
        with pytest.raises(ApiError) as undone:
            client.delete(f"{MAPS}/before")
        assert undone.value.status == 500
        assert client.get(MAPS)["items"] == listed["items"]
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(bed._process.pid, resource.RLIMIT_FSIZE, unlimited)
        client.create(MAPS, {"metadata": {"name": "after"}})
        listed = client.get(MAPS)
        bed.kill()
        bed.start()
        assert bed.client().get(MAPS)["items"] == listed["items"]
        assert {"before", "after"} <= {i["metadata"]["name"] for i in listed["items"]}
    finally:
        bed.down()
