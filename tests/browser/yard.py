"""Berth as `bin/start --kubeconfig` runs it, on a cluster of its own; people in browsers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from deploy.testbed import Bed, ToolchainMissing, bed_down, bed_up
from simulator.bed import SimulatedBed
from tests.browser.looking import Complaints
from tests.setup.start_process import Start

CLUSTER = "harbour"
NAME, FLEET = "journey", "small"
SLOW = 60_000  # ms that a job may take on a busy machine


@dataclass
class Person:
    """Somebody's browser; `cut` takes the websocket away until it is given back."""

    context: BrowserContext
    page: Page
    complaints: Complaints
    is_cut: bool = False
    sockets: list[WebSocketRoute] = field(default_factory=list)

    def connect(self, socket: WebSocketRoute) -> None:
        """Let a websocket through, unless it is cut."""
        if self.is_cut:
            socket.close()
            return
        socket.connect_to_server()
        self.sockets.append(socket)

    def cut(self) -> None:
        """End the open websockets and refuse new ones."""
        self.is_cut = True
        for socket in self.sockets:
            socket.close()
        self.sockets.clear()

    def mend(self) -> None:
        """Let websockets through again."""
        self.is_cut = False

    def go(self, path: str) -> None:
        """Open a page, wait until it is live, and mark the document."""
        self.page.goto(path)
        expect(self.page.locator(".b-live")).to_have_attribute("data-state", "live")
        self.mark()

    def mark(self) -> None:
        """Mark the document, so that `is_same` tells a reload."""
        self.page.evaluate("window.sameDocument = true")

    @property
    def is_same(self) -> bool:
        """Whether the page was not loaded again since it was marked."""
        return bool(self.page.evaluate("window.sameDocument === true"))


@dataclass
class Yard:
    """The running installation."""

    bed: Bed | SimulatedBed
    start: Start
    browser: Browser

    @property
    def origin(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.start.port}"

    def passwords(self) -> dict[str, str]:
        """What bin/start printed for the first accounts."""
        text = (self.start.state / "accounts.txt").read_text(encoding="utf-8")
        return dict(line.split(maxsplit=1) for line in text.splitlines() if line.strip())

    @contextmanager
    def person(self, name: str) -> Iterator[Person]:
        """Sign somebody in by the page, in a browser of their own."""
        size: Any = {"width": 1366, "height": 768}
        context = self.browser.new_context(viewport=size, base_url=self.origin)
        page, complaints = context.new_page(), Complaints()
        complaints.listen(page)
        found = Person(context, page, complaints)
        context.route_web_socket(re.compile("/ws/live/"), found.connect)
        page.goto("/accounts/login/")
        page.locator("#id_login").fill(name)
        page.locator("#id_password").fill(self.passwords()[name])
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.locator(".b-live").first.wait_for()
        yield found
        context.close()

    def names(self, kinds: str, namespace: str) -> list[str]:
        """What `kubectl get` shows of some kinds in a namespace."""
        done = self.bed.kubectl("get", kinds, "-n", namespace, "-o", "name")
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    def curl(
        self, method: str, path: str, token: str, body: Any = None, expected: int = 0
    ) -> dict[str, Any]:
        """Call REST with the program curl and nothing else; the status must be `expected` (2xx)."""
        command = ["curl", "-sS", "-X", method, "-w", "\n%{http_code}"]
        for header in (f"Authorization: Bearer {token}", f"Idempotency-Key: {uuid.uuid4()}"):
            command += ["-H", header]
        if method != "GET":
            command += ["-H", "Content-Type: application/json", "-H", "If-Match: *"]
            command += ["-d", json.dumps(body or {})]
        address = f"{self.origin}/api/v1/{path}"
        done = subprocess.run([*command, address], capture_output=True, text=True, check=True)
        text, _, status = done.stdout.rpartition("\n")
        right = int(status) == expected if expected else status.startswith("2")
        assert right, f"{method} {path}: {status} {text}"
        answer: dict[str, Any] = json.loads(text) if text else {}
        return answer


def token_make(yard: Yard, name: str, path: str) -> str:
    """Make a token with every right by the page that shows it once."""
    with yard.person(name) as person:
        page = person.page
        page.goto(path)
        page.get_by_label("Name", exact=True).fill("journey")
        for box in page.locator("input[name=scopes]").all():
            box.check()
        page.get_by_role("button", name="Make token").click()
        return page.locator(".b-code pre").first.inner_text().strip()


def fleet_divide(yard: Yard, operator: str, *, pool: str) -> None:
    """By REST, with an operator's token: a pool of L40S, and quota in it for vision."""
    terms = [{"key": "nvidia.com/gpu.product", "operator": "In", "values": ["NVIDIA-L40S"]}]
    yard.curl("POST", "pools/", operator, {"name": pool, "title": "L40S", "selector": terms})
    edits = [
        {"tenant": tenant, "pool": pool, "resource": name, "guaranteed": amount, "generation": None}
        for tenant in ("aurora", "vision")
        for name, amount in {"l40s": 4, "cpu": 32_000, "memory": 2**36}.items()
    ]
    yard.curl("POST", "quotas:set", operator, {"why": "First plan", "edits": edits})


def wait_for(read: Callable[[], Any], good: Callable[[Any], bool], *, seconds: float = 60) -> Any:
    """Read again until it is good; fail with what was read last."""
    end = time.monotonic() + seconds
    while not good(found := read()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {found}"
        time.sleep(0.3)
    return found


@contextmanager
def control_plane(folder: Path) -> Iterator[Bed]:
    """A real control plane."""
    try:
        bed = bed_up(name=NAME, directory=folder, fleet=FLEET)
    except ToolchainMissing as missing:
        raise AssertionError(str(missing)) from missing
    try:
        yield bed
    finally:
        bed_down(name=NAME, directory=folder)


@contextmanager
def simulated(folder: Path) -> Iterator[SimulatedBed]:
    """The simulator in its place."""
    bed = SimulatedBed(folder, fleet=FLEET, name=NAME).up()
    try:
        yield bed
    finally:
        bed.down()


BEDS = {"control-plane": control_plane, "simulator": simulated}


@contextmanager
def yard_open(browser: Browser, folder: Path, *, kind: str) -> Iterator[Yard]:
    """Bring up one of BEDS, and Berth beside it with a state directory of its own."""
    with BEDS[kind](folder / "bed") as bed:
        kubeconfig = folder / f"{CLUSTER}.yaml"
        shutil.copy(bed.kubeconfig("berth"), kubeconfig)
        start = Start(folder / "state", "--kubeconfig", str(kubeconfig))
        try:
            start.wait_ready()
            yield Yard(bed, start, browser)
        finally:
            start.close()
