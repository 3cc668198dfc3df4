"""The two servers that the suite talks to, and how each is brought into trouble."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

import yaml

from deploy.testbed import Bed
from deploy.testbed.layout import Layout
from simulator.bed import SimulatedBed
from tests.conformance.talk import Place

NARROW = (
    "--enable-priority-and-fairness=false", "--max-requests-inflight=2",
    "--max-mutating-requests-inflight=1",
)  # fmt: skip
PATIENCE_SECONDS = 90.0
POSTED = "/api/v1/namespaces/default/configmaps"


def bed_place(bed: Bed) -> Place:
    """A control plane with its users."""
    settings = Layout(bed.directory).read_settings()
    assert settings is not None
    config = yaml.safe_load(bed.kubeconfig("berth").read_text(encoding="utf-8"))
    tokens = settings.tokens | {"berth": config["users"][0]["user"]["token"]}
    return Place(
        bed.server,
        bed.ca_pem.decode(),
        tokens,
        forget=partial(_bed_forget, bed, settings.ports["etcd"]),
        busy=partial(_bed_busy, bed, tokens["tester"]),
    )


def simulator_place(bed: SimulatedBed) -> Place:
    """A simulator with its users."""
    return Place(
        bed.server,
        bed.ca_pem.decode(),
        bed.settings.tokens | {"berth": bed.token("berth")},
        forget=lambda: bed.fault("forget"),
        busy=partial(_simulator_busy, bed),
    )


def _bed_forget(bed: Bed, port: int) -> None:
    """Compact etcd and let the API server begin with an empty cache: history is gone."""
    newest = bed.client().get("/api/v1/namespaces")["metadata"]["resourceVersion"]
    pki = bed.directory / "pki"
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "client.crt", pki / "client.key")
    etcd = http.client.HTTPSConnection("127.0.0.1", port, context=context)
    etcd.request("POST", "/v3/kv/compaction", json.dumps({"revision": newest, "physical": True}))
    answer = etcd.getresponse()
    assert answer.status == 200, answer.read()
    etcd.close()
    bed.stop("apiserver")
    bed.start("apiserver")
    _controllers_wait(bed)


def _controllers_wait(bed: Bed) -> None:
    """Wait until the controllers, too, have found the API server again."""
    client, end = bed.client(), time.monotonic() + PATIENCE_SECONDS
    made = client.create("/api/v1/namespaces", {"metadata": {"generateName": "conf-probe-"}})
    path = f"/api/v1/namespaces/{made['metadata']['name']}"
    while not client.get(f"{path}/serviceaccounts")["items"]:
        assert time.monotonic() < end, "the controllers have not come back"
        time.sleep(0.2)
    client.delete(path)


@contextmanager
def _bed_busy(bed: Bed, token: str) -> Iterator[None]:
    """An API server that takes one write at a time, and a write whose body never comes."""
    bed.stop("apiserver")
    bed.start("apiserver", extra_arguments=[*NARROW])
    address = urlsplit(bed.server)
    context = ssl.create_default_context(cadata=bed.ca_pem.decode())
    held = http.client.HTTPSConnection(address.hostname or "", address.port, context=context)
    try:
        held.putrequest("POST", POSTED)
        held.putheader("Authorization", f"Bearer {token}")
        held.putheader("Content-Type", "application/json")
        held.putheader("Content-Length", "100")
        held.endheaders()
        yield
    finally:
        held.close()
        bed.stop("apiserver")
        bed.start("apiserver", extra_arguments=[])
        _controllers_wait(bed)


@contextmanager
def _simulator_busy(bed: SimulatedBed) -> Iterator[None]:
    bed.fault("busy", seconds=60, retry_after=1)
    try:
        yield
    finally:
        bed.fault("heal")
