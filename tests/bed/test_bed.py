"""A bed as a whole: used again, stopped and started in parts, observed, and taken down."""

import subprocess
import time
from pathlib import Path

import pytest

from deploy.testbed import ApiClient, ApiError, Bed, BedError, bed_down, bed_up
from deploy.testbed.layout import COMPONENTS, Layout
from deploy.testbed.paths import REPOSITORY
from deploy.testbed.processes import read_record
from tests.bed.conftest import Pods, wait_until

pytestmark = [pytest.mark.bed, pytest.mark.timeout(3600)]
FORBIDDEN = 403
UNAUTHORIZED = 401


def test_up_again_uses_the_running_bed(bed: Bed) -> None:
    before = {name: bed.describe()["components"][name]["pid"] for name in COMPONENTS}
    again = bed_up(version=bed.version, fleet="small", directory=bed.directory)
    assert {name: again.describe()["components"][name]["pid"] for name in COMPONENTS} == before
    with pytest.raises(BedError, match="Take it down first"):
        bed_up(version=bed.version, fleet="bed", directory=bed.directory)


def test_server_and_kubectl_are_of_the_version_asked_for(bed: Bed) -> None:
    assert bed.client().get("/version")["gitVersion"].startswith(f"v{bed.version}.")
    answer = bed.kubectl("get", "nodes", "-o", "name", user="tester")
    assert answer.stdout.split() == ["node/cpu-1", "node/h100-1", "node/l40s-1"], answer.stderr


def test_users_have_the_rights_they_are_said_to_have(bed: Bed) -> None:
    assert bed.client("second").get("/api/v1/secrets")["kind"] == "SecretList"
    with pytest.raises(ApiError) as refused:
        bed.client("guest").get("/api/v1/pods")
    assert refused.value.status == FORBIDDEN
    text = bed.kubeconfig("berth").read_text()
    assert "certificate-authority-data" in text
    assert str(bed.directory) not in text
    answer = bed.kubectl(
        "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}", user="berth"
    )
    assert answer.stdout == "system:serviceaccount:berth-system:berth", answer.stderr


def test_the_api_server_comes_back_with_its_data_and_other_flags(bed: Bed, pods: Pods) -> None:
    pods.create("kept")
    pods.wait_for_phase("kept", "Running")
    bed.stop("apiserver")
    with pytest.raises(ConnectionRefusedError):
        bed.client().get("/readyz")
    bed.start("apiserver", extra_arguments=["--max-requests-inflight=321"])
    try:
        assert pods.get("kept")["status"]["phase"] == "Running"
        record = read_record(Layout(bed.directory).record("apiserver"))
        assert record is not None
        command = Path(f"/proc/{record.pid}/cmdline").read_text().split("\0")
        assert "--max-requests-inflight=321" in command
        pods.create("fresh")
        pods.wait_for_phase("fresh", "Running")
    finally:
        bed.stop("apiserver")
        bed.start("apiserver", extra_arguments=[])


def test_a_frozen_api_server_is_silent_and_wakes(bed: Bed) -> None:
    bed.freeze("apiserver")
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        bed_client(bed, timeout=1.0).get("/readyz")
    assert time.monotonic() - started >= 1.0
    bed.thaw("apiserver")
    bed.client().get("/readyz")


def bed_client(bed: Bed, *, timeout: float) -> ApiClient:
    token = Layout(bed.directory).read_settings()
    assert token is not None
    return ApiClient(
        server=bed.server, ca_pem=bed.ca_pem, token=token.tokens["admin"], timeout=timeout
    )


def test_a_killed_component_is_started_again_by_up(bed: Bed) -> None:
    bed.kill("scheduler")
    wait_until(lambda: bed.supervisor.is_running("scheduler"), lambda running: not running)
    bed_up(version=bed.version, fleet="small", directory=bed.directory)
    assert bed.supervisor.is_running("scheduler")


def test_a_silent_node_keeps_its_deleted_pods(bed: Bed, pods: Pods) -> None:
    pods.create("lost", resources={"limits": {"nvidia.com/gpu": "8"}})
    node = pods.wait_for_phase("lost", "Running")["spec"]["nodeName"]
    bed.silence_node(node)

    def ready() -> str:
        conditions = bed.client().get(f"/api/v1/nodes/{node}")["status"]["conditions"]
        return next(str(item["status"]) for item in conditions if item["type"] == "Ready")

    try:
        wait_until(
            lambda: bed.client().get(f"/api/v1/nodes/{node}")["spec"].get("taints", []),
            lambda taints: "node.kubernetes.io/unreachable" in {item["key"] for item in taints},
        )
        pods.client.delete(f"{pods.path}/lost")
        time.sleep(1.0)
        assert pods.get("lost")["status"]["phase"] == "Running"
        assert ready() == "Unknown"
    finally:
        bed.restore_node(node)
    wait_until(ready, lambda status: status == "True")
    wait_until(pods.names, lambda names: "lost" not in names)


def test_a_token_bound_to_a_secret_dies_with_it(bed: Bed) -> None:
    client = bed.client()
    path = "/api/v1/namespaces/berth-system/secrets"
    client.create(path, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "leash"}})
    token = bed.create_token(seconds=600, secret="leash")
    berth = ApiClient(server=bed.server, ca_pem=bed.ca_pem, token=token)
    who = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    assert berth.create(who, review)["status"]["userInfo"]["username"].endswith(":berth")
    client.delete(f"{path}/leash")

    def status() -> int:
        try:
            berth.create(who, review)
        except ApiError as error:
            return error.status
        return 200

    wait_until(status, lambda code: code == UNAUTHORIZED)


def test_the_audit_log_holds_each_write_with_request_and_answer(bed: Bed, pods: Pods) -> None:
    offset = bed.audit_log.stat().st_size
    uid = pods.create("seen")["metadata"]["uid"]
    events = [event for _, event in bed.read_audit_events(offset=offset)]
    (event,) = [
        event
        for event in events
        if event["verb"] == "create"
        and event["objectRef"].get("name") == "seen"
        and "subresource" not in event["objectRef"]
    ]
    assert event["user"]["username"] == "tester"
    assert event["requestObject"]["spec"]["containers"][0]["name"] == "main"
    assert event["responseObject"]["metadata"]["uid"] == uid
    assert event["responseStatus"]["code"] == 201


def test_beds_stand_side_by_side_and_leave_nothing(bed: Bed, tmp_path: Path) -> None:
    directory = tmp_path / "second"
    second = bed_up(name="second", version=bed.version, fleet="small", directory=directory)
    records = [read_record(Layout(directory).record(name)) for name in COMPONENTS]
    assert second.server != bed.server
    assert all(record is not None and record.is_alive() for record in records)
    assert bed_down(directory=directory)
    assert not any(record is not None and record.is_alive() for record in records)
    assert not directory.exists()
    assert not bed_down(directory=directory)
    bed.client().get("/readyz")


def list_processes(directory: Path) -> list[str]:
    """Return the command lines of all processes that name a file of this bed."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f"{directory}/" in command:
            found.append(command)
    return found


@pytest.mark.parametrize("after_seconds", [0.8, 2.5])
def test_up_killed_on_the_way_is_made_good_by_the_next(
    bed: Bed, tmp_path: Path, after_seconds: float
) -> None:
    directory = tmp_path / "torn"
    command = [str(REPOSITORY / "bin" / "testbed"), "up", f"--dir={directory}"]
    command += [f"--version={bed.version}", "--name=torn"]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after_seconds)
    first.kill()
    first.wait()
    made = bed_up(name="torn", version=bed.version, directory=directory)
    try:
        assert len(list_processes(directory)) == len(COMPONENTS)
        assert made.kubectl("get", "nodes", "-o", "name").stdout.count("node/") == 3
    finally:
        bed_down(directory=directory)
    assert list_processes(directory) == []


def test_a_foreign_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(BedError, match="holds other things"):
        bed_down(directory=tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "mine"
