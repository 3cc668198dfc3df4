"""One bed: a Kubernetes control plane of its own with nodes that KWOK plays."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.testbed import nodes
from deploy.testbed.build import Programs
from deploy.testbed.client import ApiClient
from deploy.testbed.errors import BedError
from deploy.testbed.kubeconfig import render_kubeconfig
from deploy.testbed.layout import COMPONENTS, Layout, Settings, write_private
from deploy.testbed.manifests import NAMESPACE, SERVICE_ACCOUNT
from deploy.testbed.ports import LOOPBACK
from deploy.testbed.processes import read_record
from deploy.testbed.supervisor import Supervisor, check_component

BERTH = "berth"
BERTH_TOKEN_SECONDS = 7 * 24 * 3600


class Bed:
    """A bed that has been brought up. Its processes outlive this object.

    `server` is the URL of the API server, `ca_pem` its certificate authority, `audit_log` the
    file with one JSON audit event a line, `directory` everything that belongs to the bed.
    """

    def __init__(self, layout: Layout, settings: Settings, programs: Programs) -> None:
        self.name = settings.name
        self.version = settings.version
        self.fleet = settings.fleet
        self.directory = layout.root
        self.server = f"https://{LOOPBACK}:{settings.ports['apiserver']}"
        self.audit_log = layout.audit_log
        self.programs = programs
        self.timings: dict[str, float] = {}
        self._layout = layout
        self._settings = settings
        self.supervisor = Supervisor(layout, settings, programs)

    @property
    def ca_pem(self) -> bytes:
        """The certificate authority of the API server, PEM."""
        return (self._layout.pki / "ca.crt").read_bytes()

    def kubeconfig(self, user: str = "admin") -> Path:
        """Return the kubeconfig of admin, tester, second, guest or berth; BedError for others."""
        path = self._layout.kubeconfig(user)
        if not path.exists():
            known = ", ".join(sorted(item.stem for item in path.parent.glob("*.yaml")))
            raise BedError(f"The bed {self.name} has no user {user!r}. It has: {known}.")
        return path

    def client(self, user: str = "admin") -> ApiClient:
        """Return the bed's own small client, as one of the users with a static token."""
        token = self._settings.tokens[user]
        return ApiClient(server=self.server, ca_pem=self.ca_pem, token=token)

    def create_token(
        self,
        *,
        namespace: str = NAMESPACE,
        account: str = SERVICE_ACCOUNT,
        seconds: int = BERTH_TOKEN_SECONDS,
        secret: str | None = None,
    ) -> str:
        """Ask for a ServiceAccount token (TokenRequest), at least 600 seconds.

        Bound to the Secret `secret` of that namespace it dies with the Secret, once the API
        server's memory of good tokens (ten seconds) has passed: the way to test expiry.
        """
        spec: dict[str, Any] = {"expirationSeconds": seconds}
        client = self.client()
        if secret is not None:
            found = client.get(f"/api/v1/namespaces/{namespace}/secrets/{secret}")
            uid = found["metadata"]["uid"]
            spec["boundObjectRef"] = {"kind": "Secret", "apiVersion": "v1", "name": secret}
            spec["boundObjectRef"]["uid"] = uid
        answer = client.create(
            f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec},
        )
        return str(answer["status"]["token"])

    def render_kubeconfig(self, *, user: str, token: str) -> str:
        """Return a kubeconfig for this bed with any token."""
        return render_kubeconfig(
            server=self.server,
            ca_pem=self.ca_pem,
            user=user,
            token=token,
            cluster=f"testbed-{self.name}",
        )

    def write_kubeconfig(self, *, user: str, token: str) -> Path:
        """Write a kubeconfig into the bed and return its path."""
        path = self._layout.kubeconfig(user)
        write_private(path, self.render_kubeconfig(user=user, token=token))
        return path

    def kubectl(
        self, *arguments: str, user: str = "admin", stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the kubectl of the bed's version; the caller looks at returncode, stdout, stderr."""
        return subprocess.run(
            [str(self.programs.kubectl), f"--kubeconfig={self.kubeconfig(user)}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            # A home of the bed's own keeps kubectl's discovery cache out of the person's.
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.directory)},
        )

    def stop(self, component: str) -> None:
        """End one component; its data and its port stay its own."""
        self.supervisor.stop(component)

    def start(self, component: str, *, extra_arguments: list[str] | None = None) -> None:
        """Start one component again and, for apiserver and etcd, wait until /readyz says ok.

        `extra_arguments` replace the extra flags the component had; None keeps them. BedError where
        flags are given for a component that runs.
        """
        if extra_arguments is not None:
            if self.supervisor.is_running(component):
                raise BedError(f"{component} runs; stop it before it is started with other flags.")
            self._settings.extra_arguments[check_component(component)] = extra_arguments
            self._layout.write_settings(self._settings)
        self.supervisor.start(component)
        if component in ("apiserver", "etcd") and self.supervisor.is_running("apiserver"):
            self.supervisor.wait_for_api(self.client(), [component, "apiserver"])

    def kill(self, component: str) -> None:
        """End one component by SIGKILL, as a crash would."""
        self.supervisor.send(component, signal.SIGKILL)

    def freeze(self, component: str) -> None:
        """Stop a component in its tracks: connections stay open and silent until `thaw`."""
        self.supervisor.send(component, signal.SIGSTOP)

    def thaw(self, component: str) -> None:
        """Let a frozen component run on."""
        self.supervisor.send(component, signal.SIGCONT)

    def silence_node(self, name: str) -> None:
        """Let a node fall silent: Ready Unknown, and deleted pods on it stay Terminating."""
        nodes.silence_node(self.client(), name)

    def restore_node(self, name: str) -> None:
        """Bring a silent node back."""
        nodes.restore_node(self.client(), name)

    def read_audit_events(self, *, offset: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (offset after the line, event) for whole lines of the audit log from `offset`."""
        with self.audit_log.open("rb") as log:
            log.seek(offset)
            for line in log:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                yield offset, json.loads(line)

    def describe(self) -> dict[str, Any]:
        """Return what a person or a script wants to know about the bed, JSON-able."""
        processes = {}
        for component in COMPONENTS:
            record = read_record(self._layout.record(component))
            running = record is not None and record.is_alive()
            processes[component] = {
                "pid": record.pid if record and running else None,
                "running": running,
                "log": str(self._layout.log(component)),
            }
        users = sorted(path.stem for path in self._layout.kubeconfig("x").parent.glob("*.yaml"))
        return {
            "name": self.name,
            "version": self.version,
            "fleet": self.fleet,
            "directory": str(self.directory),
            "server": self.server,
            "kubeconfig": str(self._layout.kubeconfig("admin")),
            "kubeconfigs": {user: str(self._layout.kubeconfig(user)) for user in users},
            "kubectl": str(self.programs.kubectl),
            "audit_log": str(self.audit_log),
            "components": processes,
            "seconds": self.timings,
        }
