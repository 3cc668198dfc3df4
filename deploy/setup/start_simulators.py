"""The simulated clusters of the demonstration: a process each, their data kept between starts."""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.setup.errors import SetupError
from deploy.setup.paths import LOGS, ROOT, STATE, VENV_PYTHON
from deploy.setup.ports import LOOPBACK
from deploy.setup.supervise import Child

READY_SECONDS = 60
HOME = STATE / "clusters"


@dataclass(frozen=True)
class Simulated:
    """A cluster by its name in Berth and the fleet that it shows."""

    name: str
    fleet: str

    @property
    def home(self) -> Path:
        """Everything it keeps."""
        return HOME / self.name

    @property
    def kubeconfig(self) -> Path:
        """What Berth's own account signs in with."""
        return self.home / "kubeconfig" / "berth.yaml"


LIVING = (Simulated("north", "demo"), Simulated("south", "demo-south"))
# It is seen once and never again: what a cluster looks like that has fallen silent.
LOST = Simulated("lab", "small")


def simulator_child(cluster: Simulated) -> Child:
    """Describe the process of a simulated cluster."""
    command = [str(VENV_PYTHON), "-m", "simulator", "--fleet", cluster.fleet]
    command += ["--name", cluster.name, "--state", str(cluster.home), "--pace", "lifelike"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    log = LOGS / f"simulator-{cluster.name}.log"
    return Child(cluster.name, command, environment, log, "32")


def simulator_wait(child: Child, cluster: Simulated) -> None:
    """Wait until a started simulator answers; raise SetupError with its log's end if not."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and child.running:
        if cluster.kubeconfig.is_file() and _answers(cluster):
            return
        time.sleep(0.1)
    lines = child.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
    raise SetupError(
        f"The simulated cluster {cluster.name} did not start. Its log is {child.log}:\n"
        + "\n".join(lines)
    )


def _answers(cluster: Simulated) -> bool:
    try:
        kept = json.loads((cluster.home / "simulator.json").read_text(encoding="utf-8"))
        with socket.create_connection((LOOPBACK, int(kept["port"])), timeout=1):
            return True
    except (OSError, ValueError, KeyError):
        return False
