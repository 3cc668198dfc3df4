"""REST of clusters: who may, what is refused, and that a credential never comes out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from inventory.choices import ClusterState
from inventory.models import Cluster
from portal.models import AuditEntry, JobRun
from portal.scope import scope
from portal.viewer import Viewer
from tests.inventory.certificates import Authority
from tests.inventory.pages.fleet import Fleet
from tests.tenants.rest import Rest

Ask = Callable[[str], Rest]
TOKEN = "ey-a-token-that-must-not-come-out"
SERVER = "https://api.example:6443"


def kubeconfig(**changes: Any) -> dict[str, Any]:
    """A kubeconfig that is taken; `cluster`, `user` and `top` are laid over it."""
    cluster = {"server": SERVER} | changes.get("cluster", {})
    user = changes.get("user", {"token": TOKEN})
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    } | changes.get("top", {})


def body(text: Any = None, **more: Any) -> dict[str, Any]:
    """What registers a cluster."""
    text = yaml.safe_dump(kubeconfig()) if text is None else text
    return {"name": "east", "title": "East hall", "kubeconfig": text} | more


def written() -> tuple[int, int, int]:
    """Clusters, jobs and audit entries of clusters that exist."""
    with scope(Viewer.system("tests")):
        entries = AuditEntry.objects.filter(verb__startswith="cluster.")
        return Cluster.objects.count(), JobRun.objects.count(), entries.count()


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("clusters/", (200, 200, 403, 403)),
        ("clusters/north/", (200, 200, 404, 404)),
        ("clusters/nothing/", (404, 404, 404, 404)),
        ("nodes/", (200, 200, 403, 403)),
        ("clusters/north/nodes/", (200, 200, 403, 403)),
        ("clusters/north/nodes/north-gpu-0/", (200, 200, 404, 404)),
        ("clusters/south/nodes/north-gpu-0/", (404, 404, 404, 404)),
        ("namespaces/", (200, 200, 403, 403)),
        ("device-mappings/", (200, 200, 403, 403)),
        ("pools/", (200, 200, 200, 200)),
        ("pools/gpu/", (200, 200, 200, 200)),
        ("pools/nothing/", (404, 404, 404, 404)),
        ("device-types/", (200, 200, 200, 200)),
    ],
)
def test_reading(fleet: Fleet, rest: Ask, path: str, statuses: tuple[int, ...]) -> None:
    names = ("operator", "auditor", "alice", "charlie")
    assert tuple(rest(name).get(path).status_code for name in names) == statuses


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("clusters/", body()),
        ("clusters/north/test/", {}),
        ("clusters/north/pause/", {}),
        ("clusters/north/remove/", {}),
        ("clusters/north/rotate/", {"kubeconfig": "x"}),
        ("pools/", {"name": "p", "title": "P"}),
        ("pools/reorder/", {"names": ["rest", "gpu"]}),
        ("device-types/", {"name": "l4x", "title": "L4"}),
        ("device-mappings/", {"device_type": "h100-x", "resource_key": "a.b/c"}),
        ("namespaces/claim/", {"cluster": "north", "name": "berth-vision", "tenant": "vision"}),
    ],
)
def test_only_operators_change(fleet: Fleet, rest: Ask, path: str, sent: dict[str, Any]) -> None:
    before = written()
    assert rest("auditor").post(path, sent).status_code == 403
    assert rest("alice").post(path, sent).status_code in {403, 404}
    assert written() == before


def test_cluster_is_registered_tested_and_says_no_secret(rest: Ask) -> None:
    made = rest("operator").post("clusters/", body(labels={"site": "ams"}))
    assert made.status_code == 201, made.content
    assert made["Location"] == "/api/v1/clusters/east/"
    shown = rest("operator").get("clusters/east/")
    assert shown["ETag"] == '"1"'
    assert shown.json()["state"] == "pending"
    assert [kind["phase"] for kind in shown.json()["watch"]] == ["stopped"] * 6
    with scope(Viewer.system("tests")):
        job = JobRun.objects.get(kind="cluster.test")
        cluster = Cluster.objects.get(name="east")
        kept = json.dumps(list(AuditEntry.objects.values("before", "after")), default=str)
    assert job.key == f"cluster:{cluster.pk}:test"
    for text in (made.content.decode(), shown.content.decode(), kept):
        assert TOKEN not in text
        assert "sealed" not in text
    assert TOKEN.encode() not in bytes(cluster.sealed_credential)


def test_cluster_is_registered_from_single_fields(rest: Ask) -> None:
    ca = Authority()
    certificate, key = ca.issue()
    sent = {"name": "east", "title": "East", "server": SERVER, "ca_pem": ca.pem}
    pair = {"client_certificate": certificate, "client_key": key}
    assert rest("operator").post("clusters/", sent | pair).status_code == 201
    sent["name"] = "west"
    assert rest("operator").post("clusters/", sent | {"token": TOKEN}).status_code == 201
    with scope(Viewer.system("tests")):
        assert Cluster.objects.get(name="west").ca_pem == ca.pem


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]" for n in range(9)
)
EXEC = {"exec": {"command": "aws", "apiVersion": "client.authentication.k8s.io/v1"}}
BAD_FILES = {
    "exec": yaml.safe_dump(kubeconfig(user=EXEC)),
    "auth-provider": yaml.safe_dump(kubeconfig(user={"auth-provider": {"name": "gcp"}})),
    "token-file": yaml.safe_dump(kubeconfig(user={"tokenFile": "/etc/passwd"})),
    "key-file": yaml.safe_dump(kubeconfig(user={"client-key": "/root/.ssh/id"})),
    "ca-file": yaml.safe_dump(kubeconfig(cluster={"certificate-authority": "/etc/passwd"})),
    "proxy": yaml.safe_dump(kubeconfig(cluster={"proxy-url": "http://10.0.0.1:3128"})),
    "insecure": yaml.safe_dump(kubeconfig(cluster={"insecure-skip-tls-verify": True})),
    "plain-http": yaml.safe_dump(kubeconfig(cluster={"server": "http://api.example"})),
    "file-url": yaml.safe_dump(kubeconfig(cluster={"server": "file:///etc/passwd"})),
    "impersonation": yaml.safe_dump(kubeconfig(user={"token": TOKEN, "as": "root"})),
    "password": yaml.safe_dump(kubeconfig(user={"username": "a", "password": "b"})),
    "no-credential": yaml.safe_dump(kubeconfig(user={})),
    "two-credentials": yaml.safe_dump(kubeconfig(user={"token": "x", "client-key-data": "eA=="})),
    "ca-nonsense": yaml.safe_dump(
        kubeconfig(cluster={"certificate-authority-data": base64.b64encode(b"no").decode()})
    ),
    "anchors": BOMB,
    "python-tag": "!!python/object/apply:os.system ['id']",
    "list": "- a\n- b",
    "number": "7",
    "empty": "",
    "no-yaml": "{{{",
    "nul": "kind: Config\x00",
    "long": "a: " + "x" * 100_000,
    "deep": "[" * 3000,
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_kubeconfig_writes_nothing(rest: Ask, name: str) -> None:
    before = written()
    answer = rest("operator").post("clusters/", body(BAD_FILES[name]))
    assert answer.status_code == 400, answer.content
    problem = answer.json()
    assert name in {"nul"} or next(iter(problem["errors"])) == "kubeconfig"
    assert TOKEN not in answer.content.decode()
    assert written() == before


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": 7}, "name"),
        ({"name": "Not A Name"}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"title": ""}, "title"),
        ({"title": ["x"]}, "title"),
        ({"kubeconfig": 7}, "kubeconfig"),
        ({"kubeconfig": None}, "kubeconfig"),
        ({"labels": []}, "labels"),
        ({"labels": {"a b": "c"}}, "labels"),
        ({"labels": {"a": 7}}, "labels"),
        ({"login": {"exec": {"args": []}}}, "login"),
        ({"login": {"unknown": 1}}, "login"),
        ({"subject_template": [{"kind": "Group", "name": "everybody"}]}, "subject_template"),
        ({"subject_template": [{"kind": "Group", "name": "system:{tenant}"}]}, "subject_template"),
        ({"subject_template": "x"}, "subject_template"),
        ({"server": SERVER}, "kubeconfig"),
    ],
)
def test_bad_field_is_named(rest: Ask, sent: dict[str, Any], field: str) -> None:
    before = written()
    answer = rest("operator").post("clusters/", body(**sent))
    assert answer.status_code == 400, answer.content
    assert next(iter(answer.json()["errors"])).startswith(field)
    assert written() == before


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "kubeconfig"),
        ({"server": "ftp://x", "token": "t"}, "server"),
        ({"server": "https://169.254.169.254", "token": "a b"}, "token"),
        ({"server": SERVER}, "token"),
        ({"server": SERVER, "token": "t", "client_key": "k"}, "client_certificate"),
        ({"server": SERVER, "token": "t", "ca_pem": "no"}, "ca_pem"),
        ({"server": SERVER, "client_certificate": "no", "client_key": "no"}, "client_certificate"),
        ({"server": SERVER, "token": "t", "tls_server_name": "a b"}, "token"),
    ],
)
def test_bad_connection_field_is_named(rest: Ask, sent: dict[str, Any], field: str) -> None:
    before = written()
    answer = rest("operator").post("clusters/", {"name": "east", "title": "East"} | sent)
    assert answer.status_code == 400, answer.content
    assert field in answer.json()["errors"]
    assert written() == before


def test_huge_body_is_refused_early(rest: Ask) -> None:
    before = written()
    answer = rest("operator").send("POST", "clusters/", b'{"a": "' + b"x" * 10_000_000 + b'"}')
    assert answer.status_code == 413
    assert written() == before


def test_name_is_taken(fleet: Fleet, rest: Ask) -> None:
    answer = rest("operator").post("clusters/", body(name="north"))
    assert (answer.status_code, answer.json()["code"]) == (409, "cluster-name-taken")


def test_versions_decide_who_may_change(fleet: Fleet, rest: Ask) -> None:
    operator = rest("operator")
    etag = operator.get("clusters/north/")["ETag"]
    changed = operator.patch("clusters/north/", {"title": "North"}, match=etag)
    assert (changed.status_code, changed.json()["title"]) == (200, "North")
    assert operator.patch("clusters/north/", {"title": "Late"}, match=etag).status_code == 412
    assert operator.post("clusters/north/pause/", {}, match=etag).status_code == 412
    paused = operator.post("clusters/north/pause/", {"reason": "new roof"}, match=changed["ETag"])
    assert paused.json()["state"] == "paused"
    assert operator.post("clusters/north/pause/", {}).status_code == 409
    assert operator.post("clusters/north/resume/").json()["state"] == "pending"


def test_missing_version_and_key_are_asked_for(fleet: Fleet, rest: Ask) -> None:
    client = rest("operator").client
    plain = {"content_type": "application/json"}
    path = "/api/v1/clusters/north/"
    keyed = client.patch(path, '{"title": "X"}', headers={"Idempotency-Key": "a"}, **plain)
    assert keyed.status_code == 428
    assert client.post("/api/v1/clusters/", "{}", **plain).status_code == 400


def test_repeated_request_registers_once(rest: Ask) -> None:
    first = rest("operator").post("clusters/", body(), key="once")
    again = rest("operator").post("clusters/", body(), key="once")
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json()
    other = rest("operator").post("clusters/", body(title="Other"), key="once")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert written()[0] == 1


def test_dry_run_registers_nothing(rest: Ask) -> None:
    before = written()
    answer = rest("operator").post("clusters/?dryRun=true", body())
    assert (answer.status_code, answer["Berth-Dry-Run"]) == (201, "true")
    assert written() == before


def test_remove_is_a_job(fleet: Fleet, rest: Ask) -> None:
    answer = rest("operator").post("clusters/south/remove/", {"reason": "sold"})
    assert answer.status_code == 202, answer.content
    assert answer["Location"] == f"/api/v1/jobs/{answer.json()['id']}/"
    assert Cluster.objects.get(name="south").state == ClusterState.REMOVING


def test_retrieve_says_freshness_and_capacity(fleet: Fleet, rest: Ask) -> None:
    north = rest("auditor").get("clusters/north/").json()
    south = rest("auditor").get("clusters/south/").json()
    assert {kind["stale"] for kind in north["watch"]} == {False}
    assert {kind["stale"] for kind in south["watch"]} == {True}
    assert north["capacity"]["installed"]["h100-x"] == 32
    assert (north["capacity"]["nodes"], north["capacity"]["usable_nodes"]) == (5, 4)
    assert south["capacity"]["usable"] == {}
    assert north["rights"]["missing"][0]["resource"] == "statefulsets"
