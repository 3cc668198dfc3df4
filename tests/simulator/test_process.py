"""A simulator as a process: what it keeps, what it says at its start, how it fails on order."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.testbed import ApiClient, ApiError, BedError
from deploy.testbed.paths import REPOSITORY
from deploy.testbed.ports import find_free_ports
from simulator.auth.pki import Authority
from simulator.bed import SimulatedBed

MAPS = "/api/v1/namespaces/default/configmaps"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
REVIEW = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedBed]:
    """A simulator of three nodes."""
    made = SimulatedBed(tmp_path_factory.mktemp("simulator") / "state").up()
    yield made
    made.down()


def config(name: str) -> dict[str, Any]:
    """A ConfigMap."""
    return {"metadata": {"name": name}}


def watched(bed: SimulatedBed, version: str, *, seconds: int = 1) -> dict[str, Any]:
    """What a watch of ConfigMaps from a version says, as one text."""
    query = f"{MAPS}?watch=true&resourceVersion={version}&timeoutSeconds={seconds}"
    return bed.client().get(query)


def test_what_was_answered_survives_a_kill(bed: SimulatedBed) -> None:
    client = bed.client()
    before = client.get(MAPS)["metadata"]["resourceVersion"]
    made = client.create(MAPS, config("kept"))["metadata"]
    bed.kill()
    bed.start()
    found = bed.client().get(f"{MAPS}/kept")["metadata"]
    assert (found["uid"], found["resourceVersion"]) == (made["uid"], made["resourceVersion"])
    assert watched(bed, before)["object"]["metadata"]["name"] == "kept"
    token = bed.client("berth").create(WHO, REVIEW)
    assert token["status"]["userInfo"]["username"] == "system:serviceaccount:berth-system:berth"
    assert len(bed.client().get("/api/v1/nodes")["items"]) == 3


def test_a_node_that_was_deleted_stays_deleted(tmp_path: Path) -> None:
    bed = SimulatedBed(tmp_path / "state").up()
    try:
        bed.client().delete("/api/v1/nodes/cpu-1")
        bed.stop()
        bed.start()
        names = {n["metadata"]["name"] for n in bed.client().get("/api/v1/nodes")["items"]}
        assert names == {"h100-1", "l40s-1"}
    finally:
        bed.down()


def test_an_idle_connection_at_the_end_is_no_error(tmp_path: Path) -> None:
    bed = SimulatedBed(tmp_path / "state").up()
    trust = ssl.create_default_context(cadata=bed.ca_pem.decode())
    idle = http.client.HTTPSConnection("127.0.0.1", bed.settings.port, context=trust)
    try:
        idle.request("GET", "/version", headers={"Authorization": f"Bearer {bed.token('admin')}"})
        assert idle.getresponse().read()
        bed.down()
    finally:
        idle.close()
        bed.down()
    assert "Cancel" not in (bed.directory / "simulator.log").read_text(encoding="utf-8")


def test_a_port_that_was_taken_meanwhile_is_given_up_for_a_free_one(tmp_path: Path) -> None:
    bed = SimulatedBed(tmp_path / "state").up()
    try:
        client = bed.client()
        client.create(MAPS, config("stays"))
        bed.stop()
        before = bed.settings.port
        with socket.create_server(("127.0.0.1", before)):
            bed.start()
            assert bed.settings.port != before
            assert bed.client("berth").get("/version")["major"] == "1"
            assert bed.client().get(f"{MAPS}/stays")["metadata"]["name"] == "stays"
    finally:
        bed.down()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--fleet=nonsense"], "Known by name"),
        (["--port=PORT"], "is taken"),
        (["--state=STATE"], "Another simulator may be running there"),
        (["--state=STATE", "--port=FREE"], "Another simulator may be running there"),
        (["--state=STATE", "--port=0", "--fleet=bed"], "holds the fleet small"),
    ],
)
def test_a_start_that_can_not_be_is_refused_in_words(
    bed: SimulatedBed, tmp_path: Path, more: list[str], words: str
) -> None:
    own = f"--state={tmp_path / 'other'}"
    given = [m.replace("PORT", str(bed.settings.port)) for m in more]
    given = [m.replace("FREE", str(find_free_ports(1)[0])) for m in given]
    given = [m.replace("STATE", str(bed.directory)) for m in given]
    command = [sys.executable, "-m", "simulator", own, *given]
    done = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert bed.client().get("/version")["major"] == "1"


def test_old_versions_and_tokens_of_pages_are_gone_after_a_compaction(bed: SimulatedBed) -> None:
    client = bed.client()
    for name in ("p1", "p2"):
        client.create(MAPS, config(name))
    page = client.get(MAPS, limit="1")
    old = page["metadata"]["resourceVersion"]
    client.create(MAPS, config("p3"))
    bed.fault("forget")
    with pytest.raises(ApiError) as refused:
        client.get(MAPS, **{"limit": "1", "continue": page["metadata"]["continue"]})
    body = refused.value.body
    assert (refused.value.status, body["reason"]) == (410, "Expired")
    fresh = client.get(MAPS, **{"continue": body["metadata"]["continue"]})
    assert {"p2", "p3"} <= {item["metadata"]["name"] for item in fresh["items"]}
    exact = {"resourceVersion": old, "resourceVersionMatch": "Exact", "limit": "5"}
    with pytest.raises(ApiError) as expired:
        client.get(MAPS, **exact)
    assert expired.value.status == 410
    answer = watched(bed, old)
    assert answer["type"] == "ERROR"
    assert (answer["object"]["code"], answer["object"]["reason"]) == (410, "Expired")


def test_a_busy_server_says_so_in_plain_text_but_not_to_masters(bed: SimulatedBed) -> None:
    bed.fault("busy", seconds=30, retry_after=3)
    try:
        context = ssl.create_default_context(cadata=bed.ca_pem.decode())
        address = ("127.0.0.1", bed.settings.port)
        connection = http.client.HTTPSConnection(*address, context=context)
        connection.request("GET", MAPS, headers={"Authorization": f"Bearer {bed.token('tester')}"})
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("Retry-After")) == (429, "3")
        assert answer.read() == b"Too many requests, please try again later.\n"
        connection.close()
        assert bed.client().get(MAPS)["kind"] == "ConfigMapList"
    finally:
        bed.fault("heal")
    assert bed.client("tester").get(MAPS)["kind"] == "ConfigMapList"


def test_a_server_that_is_away_hangs_up_and_comes_back(bed: SimulatedBed) -> None:
    bed.fault("down", seconds=1)
    with pytest.raises((http.client.HTTPException, OSError)):
        bed.client("tester").get(MAPS)
    time.sleep(1.1)
    assert bed.client("tester").get(MAPS)["kind"] == "ConfigMapList"


def test_a_silent_server_keeps_the_connection_open(bed: SimulatedBed) -> None:
    quick = ApiClient(server=bed.server, ca_pem=bed.ca_pem, token=bed.token("tester"), timeout=0.5)
    bed.fault("silent", seconds=1.5)
    with pytest.raises(TimeoutError):
        quick.get(MAPS)
    time.sleep(1.6)
    assert quick.get(MAPS)["kind"] == "ConfigMapList"


def test_a_credential_that_runs_out_is_refused_until_it_is_back(bed: SimulatedBed) -> None:
    user = "system:serviceaccount:berth-system:berth"
    bed.fault("expire-token", user=user)
    with pytest.raises(ApiError) as refused:
        bed.client("berth").create(WHO, REVIEW)
    assert refused.value.status == 401
    bed.fault("expire-token", user=user, back=True)
    assert bed.client("berth").create(WHO, REVIEW)["kind"] == "SelfSubjectReview"


def test_a_scheduler_that_rests_places_nothing_until_it_works_again(bed: SimulatedBed) -> None:
    pods = "/api/v1/namespaces/default/pods"
    bed.stop("scheduler")
    spec = {"containers": [{"name": "main", "image": "a:1"}]}
    bed.client().create(pods, {"metadata": {"name": "waits"}, "spec": spec})
    time.sleep(0.5)
    assert "nodeName" not in bed.client().get(f"{pods}/waits")["spec"]
    bed.start("scheduler")
    done = time.monotonic() + 10
    while bed.client().get(f"{pods}/waits")["status"]["phase"] != "Running":
        assert time.monotonic() < done
        time.sleep(0.05)
    bed.client().delete(f"{pods}/waits")
    with pytest.raises(ApiError) as unknown:
        bed.fault("hold", part="etcd")
    assert unknown.value.status == 400
    with pytest.raises(BedError, match="etcd"):
        bed.stop("etcd")


def test_the_small_kubectl_has_the_words_that_tests_use(bed: SimulatedBed) -> None:
    body = "{apiVersion: v1, kind: ConfigMap, metadata: {name: said}, data: {a: b}}"
    made = bed.kubectl("create", "-f", "-", stdin=body)
    assert (made.returncode, made.stdout) == (0, "configmap/said created\n")
    names = bed.kubectl("get", "nodes,configmaps", "-o", "name").stdout.split()
    assert {"node/cpu-1", "configmap/said"} <= set(names)
    found = yaml.safe_load(bed.kubectl("get", "cm", "said", "-o", "yaml").stdout)
    assert (found["kind"], found["data"]) == ("ConfigMap", {"a": "b"})
    assert bed.kubectl("get", "cm", "-o", "jsonpath={..data.a}").stdout == "b"
    gone = bed.kubectl("delete", "cm", "said", "none", "--now", "--ignore-not-found")
    assert gone.stdout == 'configmap "said" deleted\n'
    again = bed.kubectl("delete", "cm", "said")
    told = 'Error from server (NotFound): configmaps "said" not found\n'
    assert (again.returncode, again.stderr) == (1, told)
    assert bed.kubectl("get", "cm", "said", "--ignore-not-found", "-o", "name").stdout == ""


def test_only_masters_order_faults_and_only_known_ones(bed: SimulatedBed) -> None:
    with pytest.raises(ApiError) as refused:
        bed.client("tester").create("/simulator/faults", {"fault": "down"})
    assert refused.value.status == 403
    with pytest.raises(ApiError) as unknown:
        bed.fault("nonsense")
    assert unknown.value.status == 400
    assert "fault must be one of" in unknown.value.body["message"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/namespaces/default/services", "services"),
        ("/apis/apps/v1/namespaces/default/daemonsets", "daemonsets.apps"),
        ("/apis/resource.k8s.io/v1/resourceslices", "resourceslices.resource.k8s.io"),
        ("/api/v1/namespaces/default/pods/p/log", "pods/log"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(bed: SimulatedBed, path: str, name: str) -> None:
    with pytest.raises(ApiError) as refused:
        bed.client().get(path)
    assert refused.value.status == 501
    body = refused.value.body
    assert (body["reason"], body["details"]["kind"]) == ("NotImplemented", name)


def test_a_body_that_is_too_large_is_refused(bed: SimulatedBed) -> None:
    with pytest.raises(ApiError) as refused:
        bed.client().create(MAPS, config("big") | {"data": {"a": "x" * 3_200_000}})
    assert (refused.value.status, refused.value.body["reason"]) == (413, "RequestEntityTooLarge")


def test_a_client_certificate_is_a_user(bed: SimulatedBed, tmp_path: Path) -> None:
    from_pki = issue(bed.directory / "pki", tmp_path)
    context = ssl.create_default_context(cadata=bed.ca_pem.decode())
    context.load_cert_chain(from_pki)
    connection = http.client.HTTPSConnection("127.0.0.1", bed.settings.port, context=context)
    connection.request("GET", "/api/v1/secrets")
    answer = connection.getresponse()
    assert (answer.status, b"SecretList" in answer.read()) == (200, True)
    connection.close()


def issue(pki: Path, folder: Path) -> Path:
    """A certificate of an administrator, with its key."""
    certificate, key = Authority(pki).issue("someone", ("system:masters",))
    path = folder / "both.pem"
    path.write_bytes(certificate + key)
    return path


def test_pods_of_a_silent_node_are_not_ready_until_it_is_back(bed: SimulatedBed) -> None:
    client, pods = bed.client("tester"), "/api/v1/namespaces/default/pods"
    container = {"name": "main", "image": "example.test/app:1"}
    body = {"metadata": {"name": "lonely"}, "spec": {"containers": [container]}}
    client.create(pods, body | {"apiVersion": "v1", "kind": "Pod"})

    def ready() -> str:
        conditions = client.get(f"{pods}/lonely").get("status", {}).get("conditions", ())
        return next((str(c["status"]) for c in conditions if c["type"] == "Ready"), "")

    def comes(wanted: str) -> bool:
        end = time.monotonic() + 10
        while ready() != wanted and time.monotonic() < end:
            time.sleep(0.05)
        return ready() == wanted

    assert comes("True")
    node = client.get(f"{pods}/lonely")["spec"]["nodeName"]
    bed.silence_node(node)
    assert comes("False")
    assert client.get(f"{pods}/lonely")["status"]["phase"] == "Running"
    bed.restore_node(node)
    assert comes("True")
    client.delete(f"{pods}/lonely", {"gracePeriodSeconds": 0})
