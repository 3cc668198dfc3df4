"""One simulated cluster on disk and on a port: made or found again, served, ended cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.testbed.fleet import Fleet
from deploy.testbed.fleet_file import load_fleet
from deploy.testbed.kubeconfig import render_kubeconfig
from deploy.testbed.layout import write_private
from deploy.testbed.ports import find_free_ports
from deploy.testbed.users import USERS, create_tokens
from simulator.auth.identity import AUTHENTICATED, User
from simulator.auth.pki import Authority
from simulator.auth.tokens import token_make
from simulator.bootstrap import Builder
from simulator.controllers.manager import run_all
from simulator.core import Core, Pace
from simulator.server import App, make_server

BERTH_NAMESPACE, BERTH_ACCOUNT = "berth-system", "berth"
BERTH_TOKEN_SECONDS = 7 * 24 * 3600
ADMINISTRATORS = [user.kubernetes_name for user in USERS if user.cluster_admin]


@dataclass(frozen=True)
class Files:
    """What one cluster keeps, below its directory."""

    root: Path

    @property
    def state(self) -> Path:
        """Objects and events."""
        return self.root / "state.sqlite"

    @property
    def settings(self) -> Path:
        """Port, fleet and tokens."""
        return self.root / "simulator.json"

    def kubeconfig(self, user: str) -> Path:
        """The kubeconfig of a user, everything inline."""
        return self.root / "kubeconfig" / f"{user}.yaml"


@dataclass
class Settings:
    """What a cluster was made with; a restart keeps it."""

    fleet: str
    port: int
    tokens: dict[str, str]

    @classmethod
    def read(cls, files: Files) -> Settings | None:
        """From the directory; None where none was made there."""
        try:
            return cls(**json.loads(files.settings.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def write(self, files: Files) -> None:
        """Into the directory, readable by its owner alone."""
        write_private(files.settings, json.dumps(vars(self), indent=2) + "\n")


class SimulatedCluster:
    """A cluster that can be served. Raises FleetError for a fleet that makes no sense."""

    def __init__(self, *, directory: Path, fleet: str, port: int, pace: Pace, name: str) -> None:
        self.files = Files(directory)
        self.name = name
        (directory / "kubeconfig").mkdir(mode=0o700, parents=True, exist_ok=True)
        wanted: Fleet = load_fleet(fleet)
        found = Settings.read(self.files)
        if found is None:
            found = Settings(fleet, port or find_free_ports(1)[0], create_tokens())
        elif found.fleet != fleet:
            raise ValueError(
                f"{directory} holds the fleet {found.fleet}, not {fleet}: choose another directory"
                " or begin anew."
            )
        found.port = _port_chosen(port, found.port)
        self.settings = found
        self.server = f"https://127.0.0.1:{found.port}"
        self.authority = Authority(directory / "pki")
        self.core = Core(
            authority=self.authority,
            tokens=_users(found.tokens),
            state=self.files.state,
            pace=pace,
        )
        found.write(self.files)  # only now: whoever runs here already keeps what is his
        self._build(wanted)

    def _build(self, fleet: Fleet) -> None:
        builder = Builder(self.core)
        builder.fresh(ADMINISTRATORS)
        journal = self.core.journal
        if journal is None or journal.read("nodes") is None:
            builder.nodes(fleet)
            if journal is not None:
                journal.write("nodes", "made")
        builder.manifests()
        for user, token in self.settings.tokens.items():
            self._write_kubeconfig(user, token)
        self._write_kubeconfig(BERTH_ACCOUNT, self.berth_token())

    def berth_token(self) -> str:
        """A token of seven days for Berth's own account."""
        found = self.core.store.get("serviceaccounts", BERTH_NAMESPACE, BERTH_ACCOUNT)
        if found is None:
            raise ValueError("The shipped manifests have no account for Berth.")
        return token_make(
            self.authority.token_key,
            namespace=BERTH_NAMESPACE,
            account=BERTH_ACCOUNT,
            uid=found.obj["metadata"]["uid"],
            seconds=BERTH_TOKEN_SECONDS,
            bound=None,
        )

    def _write_kubeconfig(self, user: str, token: str) -> None:
        text = render_kubeconfig(
            server=self.server,
            ca_pem=self.authority.ca_pem,
            user=user,
            token=token,
            cluster=self.name,
        )
        write_private(self.files.kubeconfig(user), text)

    async def serve(self, ready: Callable[[], None], stop: asyncio.Event) -> None:
        """Serve until `stop`; `ready` is called when requests are answered."""
        app = App(self.core, self.server.removeprefix("https://"))
        server = make_server(app, self.core, self.settings.port)
        controllers = asyncio.create_task(run_all(self.core))
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            ready()
        waiting = asyncio.create_task(stop.wait())
        await asyncio.wait({waiting, serving, controllers}, return_when=asyncio.FIRST_COMPLETED)
        app.faults.cut()
        server.should_exit = True
        controllers.cancel()
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError, SystemExit):
            await serving
        self.core.close()


def _port_chosen(wanted: int, last: int) -> int:
    """The port to serve on: the one that was asked for, else the last, else any that is free.

    Raises OSError with a sentence where somebody listens on the one that was asked for.
    """
    if wanted and not _is_free(wanted):
        raise OSError(f"Port {wanted} is taken. Give another by --port, or 0 for a free one.")
    if wanted or _is_free(last):
        return wanted or last
    return find_free_ports(1)[0]


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _users(tokens: dict[str, str]) -> dict[str, User]:
    found = {}
    for user in USERS:
        groups = user.groups or ("",)  # a token file gives users without groups an empty one
        found[tokens[user.name]] = User(user.kubernetes_name, (*groups, AUTHENTICATED), user.name)
    return found
