"""The control plane bed of bin/start: a real Kubernetes API on this machine, where Go is found."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from deploy.setup.console import say, step, warn
from deploy.setup.errors import SetupError
from deploy.setup.paths import ROOT, VENV_PYTHON

STOP_SECONDS = 30


class StartBed:
    """A keeper process holds the bed up until we close its input, or die."""

    def __init__(self) -> None:
        self.keeper: subprocess.Popen[str] | None = None

    def start(self) -> Path | None:
        """Bring the bed up; return Berth's kubeconfig for it, or None where Go is missing."""
        with step(
            "Starting a Kubernetes control plane of our own (building it takes 11 min, once)"
        ):
            self.keeper = subprocess.Popen(
                [VENV_PYTHON, "-m", "deploy.setup.bed_keeper"],
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,  # its progress goes to the terminal by standard error
                text=True,
                start_new_session=True,
            )
            line = self.keeper.stdout.readline() if self.keeper.stdout else ""
        word, _, rest = line.strip().partition(" ")
        if word == "kubeconfig":
            return Path(rest)
        self.stop()
        if word == "toolchain":
            warn(f"No cluster to show: {rest}")
            say("   Or bring a cluster of your own: bin/start --kubeconfig FILE")
            return None
        raise SetupError(f"The control plane did not start. {rest}")

    def stop(self) -> None:
        """End the bed's processes; its data stays for the next start."""
        if self.keeper is None:
            return
        if self.keeper.stdin:
            with suppress(OSError):
                self.keeper.stdin.close()
        try:
            self.keeper.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.keeper.kill()
        self.keeper = None
