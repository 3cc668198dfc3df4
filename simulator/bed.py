"""A simulated cluster as a process of its own, with the hands of a bed (deploy.testbed.Bed)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from deploy.testbed.client import ApiClient
from deploy.testbed.errors import BedError
from deploy.testbed.kubeconfig import render_kubeconfig
from deploy.testbed.nodes import restore_node, silence_node
from deploy.testbed.paths import REPOSITORY
from simulator.cluster import Files, Settings
from simulator.kubectl import Kubectl

START_SECONDS = 30.0
END_SECONDS = 10.0


class SimulatedBed:
    """One simulator process. `server`, `ca_pem`, `client`, `kubeconfig` as a bed has them."""

    def __init__(
        self, directory: Path, *, fleet: str = "small", pace: str = "fast", name: str = ""
    ) -> None:
        self.directory = directory
        self.fleet, self.pace = fleet, pace
        self.name = name or fleet
        self.version = "1.37"
        self._files = Files(directory)
        self._process: subprocess.Popen[str] | None = None

    def up(self) -> SimulatedBed:
        """Start the process and wait until it answers; BedError where it does not."""
        command = [sys.executable, "-m", "simulator", f"--fleet={self.fleet}"]
        command += [f"--state={self.directory}", f"--pace={self.pace}", f"--name={self.name}"]
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "simulator.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=log, text=True
            )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line.startswith("ready "):
            told = (self.directory / "simulator.log").read_text(encoding="utf-8")[-500:]
            raise BedError(f"The simulator did not start: {line}{told}")
        return self

    def down(self) -> None:
        """End the process cleanly."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(number)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    @property
    def settings(self) -> Settings:
        """Port and tokens."""
        found = Settings.read(self._files)
        if found is None:
            raise BedError(f"There is no simulator in {self.directory}.")
        return found

    @property
    def server(self) -> str:
        """The address of its API."""
        return f"https://127.0.0.1:{self.settings.port}"

    @property
    def ca_pem(self) -> bytes:
        """The certificate authority of its API."""
        return (self.directory / "pki" / "ca.crt").read_bytes()

    def kubeconfig(self, user: str = "admin") -> Path:
        """The kubeconfig of admin, tester, second, guest or berth."""
        path = self._files.kubeconfig(user)
        if not path.exists():
            raise BedError(f"The simulator has no user {user!r}.")
        return path

    def token(self, user: str) -> str:
        """The token of a user."""
        content = yaml.safe_load(self.kubeconfig(user).read_text(encoding="utf-8"))
        return str(content["users"][0]["user"]["token"])

    def client(self, user: str = "admin") -> ApiClient:
        """A small client as one of the users."""
        return ApiClient(server=self.server, ca_pem=self.ca_pem, token=self.token(user))

    def render_kubeconfig(self, *, user: str, token: str) -> str:
        """A kubeconfig with any token."""
        return render_kubeconfig(
            server=self.server, ca_pem=self.ca_pem, user=user, token=token, cluster=self.name
        )

    def create_token(
        self,
        *,
        namespace: str = "berth-system",
        account: str = "berth",
        seconds: int = 3600,
        secret: str | None = None,
    ) -> str:
        """A ServiceAccount's token; bound to a Secret it dies with it, ten seconds later."""
        spec: dict[str, Any] = {"expirationSeconds": seconds}
        client = self.client()
        if secret is not None:
            found = client.get(f"/api/v1/namespaces/{namespace}/secrets/{secret}")
            uid = found["metadata"]["uid"]
            spec["boundObjectRef"] = {
                "kind": "Secret",
                "apiVersion": "v1",
                "name": secret,
                "uid": uid,
            }
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        return str(client.create(path, body)["status"]["token"])

    def kubectl(
        self, *arguments: str, user: str = "admin", stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the commands of kubectl that tests give (simulator.kubectl)."""
        return Kubectl(self.client(user)).run(*arguments, stdin=stdin)

    def fault(self, kind: str, **settings: Any) -> dict[str, Any]:
        """Order a fault; raises ApiError for one that is not known."""
        return self.client().create("/simulator/faults", {"fault": kind} | settings)

    def stop(self, component: str = "apiserver") -> None:
        """Take the API away, its data stays; or let the scheduler rest."""
        if component == "scheduler":
            self.fault("hold", part="kube-scheduler")
            return
        _check(component)
        self._end(signal.SIGTERM)

    def start(self, component: str = "apiserver", **_ignored: Any) -> None:
        """Bring it back."""
        if component == "scheduler":
            self.fault("hold", part="kube-scheduler", back=True)
            return
        _check(component)
        self.up()

    def kill(self, component: str = "apiserver") -> None:
        """End the process as a crash would."""
        _check(component)
        self._end(signal.SIGKILL)

    def freeze(self, component: str = "apiserver") -> None:
        """Stop the process in its tracks: connections stay open and silent."""
        _check(component)
        self._signal(signal.SIGSTOP)

    def thaw(self, component: str = "apiserver") -> None:
        """Let it run on."""
        _check(component)
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            os.kill(self._process.pid, number)

    def silence_node(self, name: str) -> None:
        """Let a node fall silent, with its pods."""
        silence_node(self.client(), name)

    def restore_node(self, name: str) -> None:
        """Bring a silent node back."""
        restore_node(self.client(), name)


def _check(component: str) -> None:
    if component != "apiserver":
        raise BedError(f"The simulator is one process; its {component} can't be taken out of it.")
