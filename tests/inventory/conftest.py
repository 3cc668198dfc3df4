"""A control plane for the tests of the adapter and the mirror, and ways to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from deploy.testbed import Bed, ToolchainMissing, bed_down, bed_up
from inventory.k8s.connect import ClusterClient, connect
from inventory.k8s.connection import Connection, Credential
from inventory.k8s.kubeconfig import parse_kubeconfig
from inventory.k8s.pace import Breaker, Bucket, Pace
from portal.outbound import OutboundPolicy

Value = TypeVar("Value")
LOOPBACK = OutboundPolicy(["127.0.0.0/8"])


def wait_until(
    read: Callable[[], Value], good: Callable[[Value], bool] = bool, *, seconds: float = 20.0
) -> Value:
    """Call `read` until `good` takes its answer, and return that answer."""
    deadline = time.monotonic() + seconds
    while not good(value := read()):
        if time.monotonic() > deadline:
            pytest.fail(f"not so after {seconds:.0f} s; the last answer was {value!r}")
        time.sleep(0.05)
    return value


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A bed of fleet small with the shipped manifests; skipped loudly where Go is missing."""
    directory = tmp_path_factory.mktemp("beds") / "inventory"
    try:
        made = bed_up(name="inventory", fleet="small", directory=directory)
    except ToolchainMissing as missing:
        pytest.skip(f"NO CONTROL PLANE WAS TESTED. {missing}")
    yield made
    bed_down(directory=directory)


def bed_connection(bed: Bed, user: str, *, server: str = "") -> Connection:
    """The way to a bed as one of its users; `server` goes round by a proxy."""
    path = bed.kubeconfig(user)
    parsed = parse_kubeconfig(path.read_text(), files_from=path.parent)
    return Connection(
        server=server or parsed.server, ca_pem=parsed.ca_pem, credential=Credential.of(parsed)
    )


def patient() -> Pace:
    """No waiting and no giving up: a test counts calls by itself."""
    return Pace(Bucket(per_second=10_000, burst=10_000), Breaker(failures_to_open=10_000))


def bed_client(bed: Bed, user: str, *, server: str = "") -> ClusterClient:
    """A client of ours for a bed."""
    return connect(bed_connection(bed, user, server=server), policy=LOOPBACK, pace=patient())
