"""kubectl itself against both: the same commands, the same words; ages, ids, addresses aside."""

from __future__ import annotations

import base64
import re
import subprocess
from pathlib import Path

import pytest

from deploy.testbed import DEFAULT_VERSION, ToolchainMissing, ensure_built
from simulator.bed import SimulatedBed
from tests.conformance.converse import SIMULATED
from tests.conformance.talk import Place

pytestmark = [pytest.mark.bed, pytest.mark.timeout(900)]
SPACE = "kubectl"
PINNED = "nodeSelector: {kubernetes.io/hostname: l40s-1}"
NAMESPACE = f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {SPACE}}}}}"
POD = f"""
apiVersion: v1
kind: Pod
metadata: {{name: p, namespace: {SPACE}, labels: {{a: LABEL}}}}
spec:
  containers: [{{name: main, image: "e.test/a:1", resources: {{requests: {{cpu: 100m}}}}}}]
  {PINNED}
"""
SET = f"""
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: work, namespace: {SPACE}}}
spec:
  replicas: 2
  serviceName: work
  podManagementPolicy: Parallel
  updateStrategy: {{type: OnDelete}}
  selector: {{matchLabels: {{app: work}}}}
  template:
    metadata: {{labels: {{app: work}}}}
    spec: {{containers: [{{name: main, image: "e.test/a:1"}}], {PINNED}}}
"""
JOB = f"""
apiVersion: batch/v1
kind: Job
metadata: {{name: j, namespace: {SPACE}}}
spec:
  template:
    spec: {{restartPolicy: Never, containers: [{{name: main, image: "e.test/a:1"}}], {PINNED}}}
"""
DEPLOYMENT = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: {SPACE}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: main, image: "e.test/a:1"}}], {PINNED}}}
"""
QUOTA = f"""
apiVersion: v1
kind: ResourceQuota
metadata: {{name: q, namespace: {SPACE}}}
spec: {{hard: {{pods: "9"}}}}
"""
# In their order: each goes on from what the ones before it have left.
COMMANDS: tuple[tuple[str, str], ...] = (
    ("apply -f -", NAMESPACE),
    ("get ns kubectl", ""),
    ("wait --for=jsonpath={.metadata.name}=default sa/default --timeout=20s", ""),
    ("apply -f -", POD.replace("LABEL", "b")),
    ("wait --for=condition=Ready pod/p --timeout=20s", ""),
    ("get pods -o wide", ""),
    ("get pod p -o jsonpath={.spec.nodeName}", ""),
    ("apply -f -", POD.replace("LABEL", "c")),
    ("apply -f -", POD.replace("LABEL", "c")),
    ("describe pod p", ""),
    ("get pods -l a=c -o name", ""),
    ("apply --server-side -f -", SET),
    ("wait --for=jsonpath={.status.readyReplicas}=2 sts/work --timeout=20s", ""),
    ("get sts", ""),
    ("scale sts work --replicas=3", ""),
    ("wait --for=jsonpath={.status.readyReplicas}=3 sts/work --timeout=20s", ""),
    ("describe sts work", ""),
    ("get nodes", ""),
    ("apply -f -", QUOTA),
    ("wait --for=jsonpath={.status.used.pods}=4 quota/q --timeout=20s", ""),
    ("get quota", ""),
    ("describe quota q", ""),
    ("apply -f -", JOB),
    ("wait --for=condition=complete job/j --timeout=20s", ""),
    ("describe job j", ""),
    ("label pod p x=y", ""),
    ("patch pod p -p {\"metadata\":{\"annotations\":{\"n\":\"1\"}}}", ""),
    ("delete pod p", ""),
    ("delete pod p", ""),
    ("get pod p", ""),
    ("delete sts work --cascade=foreground --timeout=60s", ""),
    ("apply -f -", DEPLOYMENT),
    ("wait --for=condition=Available deploy/web --timeout=20s", ""),
    ("rollout status deploy/web --timeout=20s", ""),
    ("get deploy", ""),
    ("set image deploy/web main=e.test/b:2", ""),
    ("wait --for=jsonpath={.status.observedGeneration}=2 deploy/web --timeout=20s", ""),
    ("wait --for=jsonpath={.status.unavailableReplicas}= deploy/web --timeout=1s", ""),
    ("rollout history deploy/web", ""),
    ("describe deploy web", ""),
    ("scale deploy web --replicas=1", ""),
    ("annotate deploy web n=1", ""),
    ("delete deploy web --cascade=foreground --timeout=60s", ""),
    ("taint node cpu-1 sick=yes:NoSchedule", ""),
    ("describe node cpu-1", ""),
    ("taint node cpu-1 sick-", ""),
    ("delete quota,job --all", ""),
    ("cordon cpu-1", ""),
    ("get node cpu-1", ""),
    ("uncordon cpu-1", ""),
    ("delete ns kubectl --timeout=60s", ""),
)  # fmt: skip
MASKS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}"), "<uid>"),  # first: "417d" in one is no age
    (re.compile(r"\b(?:\d+[smhdy])+\b"), "<age>"),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} [\d:]+ \+0000"), "<time>"),
    (re.compile(r"\d+\.\d+\.\d+\.\d+"), "<address>"),
    (re.compile(r"\b(kube-api-access|j)-\w{5}\b"), r"\1-<random>"),
    (re.compile(r"\bweb-\w{7,10}\b"), "web-<hash>"),
    (re.compile(r"kwok_controller"), "kubelet"),
    # The bed's nodes have no leases; the simulator has no leases at all, and says so.
    (re.compile(r"Failed to get lease: .*"), "<no lease>"),
    (re.compile(r"[ \t]+"), " "),
)


@pytest.fixture(scope="module")
def program() -> Path:
    """The kubectl that was built with the control plane."""
    try:
        return ensure_built(DEFAULT_VERSION).kubectl
    except ToolchainMissing as missing:
        pytest.skip(f"NO KUBECTL WAS TRIED. {missing}")


@pytest.fixture(scope="module")
def homes(
    simulated: SimulatedBed, control_plane: Place, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A kubeconfig for each of both, in a home of its own."""
    made = []
    for name, place, token in (
        ("real", control_plane, control_plane.tokens["tester"]),
        ("simulator", None, ""),
    ):
        home = tmp_path_factory.mktemp(name)
        if place is None:
            text = simulated.kubeconfig("tester").read_text(encoding="utf-8")
        else:
            text = simulated.render_kubeconfig(user="tester", token=token)
            text = text.replace(simulated.server, place.server)
            text = _with_authority(text, place.ca_pem)
        (home / "config").write_text(text, encoding="utf-8")
        made.append(home)
    return made[0], made[1]


def _with_authority(text: str, ca_pem: str) -> str:
    data = base64.b64encode(ca_pem.encode()).decode()
    return re.sub(r"certificate-authority-data: \S+", f"certificate-authority-data: {data}", text)


def _run(program: Path, home: Path, command: str, stdin: str) -> tuple[int, list[str]]:
    words = [str(program), f"--kubeconfig={home / 'config'}", f"--namespace={SPACE}"]
    done = subprocess.run(
        [*words, *command.split(" ")],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"HOME": str(home), "PATH": "/usr/bin"},
    )
    text = done.stdout + done.stderr
    for form, mask in MASKS:
        text = form.sub(mask, text)
    # Events of one second come in any order, and repeated ones are counted together.
    return done.returncode, sorted(line.strip() for line in text.splitlines())


@pytest.mark.skipif(DEFAULT_VERSION != SIMULATED, reason=f"The simulator answers as {SIMULATED}.")
def test_kubectl_says_the_same_of_both(program: Path, homes: tuple[Path, Path]) -> None:
    wrong = []
    for command, stdin in COMMANDS:
        real = _run(program, homes[0], command, stdin)
        found = _run(program, homes[1], command, stdin)
        if real != found:
            wrong.append(f"{command}\n  real {real}\n  simulator {found}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("logs p", "pods/log"), ("exec p -- ls", "pods/exec"), ("attach p", "pods/attach"),
        ("port-forward p 8080:80", "pods/portforward"),
        ("get pods --as=somebody", "impersonation"),
        ("get --raw /apis/autoscaling/v2", "autoscaling/v2"),
        ("create token default --audience=other", "protobuf bodies"),
    ],
)  # fmt: skip
def test_kubectl_is_told_by_name_what_the_simulator_does_not_model(
    program: Path, homes: tuple[Path, Path], command: str, name: str
) -> None:
    home = homes[1]
    _run(program, home, "apply -f -", NAMESPACE)
    _run(program, home, "wait --for=jsonpath={.metadata.name}=default sa/default", "")
    _run(program, home, "apply -f -", POD.replace("LABEL", "b"))
    _run(program, home, "wait --for=condition=Ready pod/p --timeout=20s", "")
    code, lines = _run(program, home, command, "")
    assert code == 1
    assert f"does not model {name};" in " ".join(lines), lines
