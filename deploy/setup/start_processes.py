"""The processes of Berth, and when the pages answer."""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from deploy.setup.commands import hint_find
from deploy.setup.errors import SetupError
from deploy.setup.paths import LOGS, VENV_PYTHON
from deploy.setup.ports import LOOPBACK
from deploy.setup.start_environment import Environments
from deploy.setup.supervise import Child

READY_SECONDS = 120
QUEUES = "place,apply,sync,report"


def children_make(environments: Environments, *, port: int) -> list[Child]:
    """Describe web, worker, sweeper and watcher, in the order in which they're asked to end."""
    web = ["uvicorn", "portal.asgi:application", "--host", LOOPBACK, "--port", str(port)]
    web += ["--no-access-log", "--no-server-header", "--no-proxy-headers"]
    web += ["--timeout-graceful-shutdown", "5"]
    worker = [
        "celery",
        "--quiet",
        "-A",
        "portal",
        "worker",
        "-Q",
        QUEUES,
        "--pool",
        "prefork",
        "-c",
        "2",
    ]
    worker += ["--without-gossip", "--without-mingle", "--loglevel", "info"]
    # With this Celery's SIGTERM ends what was begun within its soft limit, then gives up on it.
    work = environments.work | {"REMAP_SIGTERM": "SIGQUIT"}
    python = str(VENV_PYTHON)
    return [
        Child("web", [python, "-m", *web], environments.web, LOGS / "web.log", "36"),
        Child("worker", [python, "-m", *worker], work, LOGS / "worker.log", "33"),
        Child("watcher", [python, "manage.py", "watch"], work, LOGS / "watcher.log", "35"),
        Child("sweeper", [python, "manage.py", "sweep"], environments.work, LOGS / "sweeper.log"),
    ]


def pulse_child(environment: dict[str, str]) -> Child:
    """Describe what keeps the demonstration's teams asking."""
    command = [str(VENV_PYTHON), "manage.py", "demo_pulse"]
    return Child("teams", command, environment, LOGS / "teams.log", "34")


def web_wait(web: Child, *, port: int) -> None:
    """Wait until the pages answer; raise SetupError with the log's end if they don't."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and web.running:
        if _answers(f"http://{LOOPBACK}:{port}/live"):
            return
        time.sleep(0.1)
    tail = "\n".join(web.log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
    msg = f"{hint_find(tail) or 'The web process did not start.'} Its log is {web.log}:\n{tail}"
    raise SetupError(msg)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310 (our own address)
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
