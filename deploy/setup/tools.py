"""What tests need beside Python's packages, and how to get it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

from deploy.setup.commands import output_of
from deploy.setup.console import step
from deploy.setup.errors import SetupError
from deploy.setup.paths import ROOT, VENV_PYTHON

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NOT_ROOT = "Tests of a full disk were skipped: they need root."
GO_PROBE = """
import sys
from deploy.testbed import DEFAULT_VERSION, ToolchainMissing, ensure_built
try:
    ensure_built(DEFAULT_VERSION)
except ToolchainMissing as error:
    print(" ".join(str(error).split()))
"""


@dataclass(frozen=True)
class Missing:
    """A tool that isn't here: the marker of the tests that need it ('' for none), and the way."""

    title: str
    marker: str
    remedy: str


def bed_ensure() -> Missing | None:
    """Build the control plane where it isn't built; say what is missing where that can't be."""
    with step("Seeing to the Kubernetes control plane (building it takes about 11 minutes, once)"):
        done = subprocess.run(
            [VENV_PYTHON, "-c", GO_PROBE],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # its progress goes to the terminal by standard error
            text=True,
            check=False,
        )
    if done.returncode:
        raise SetupError("The control plane can't be built; what is above says why.")
    words = done.stdout.strip()
    return Missing("a Kubernetes control plane", "bed", words) if words else None


def tools_missing() -> list[Missing]:
    """Return what else isn't here."""
    found = []
    if not any(map(shutil.which, BROWSERS)):
        remedy = "Debian: apt-get install chromium. Ubuntu: snap install chromium."
        found.append(Missing("Chromium", "browser", remedy))
    if not shutil.which("xgettext"):
        remedy = "Debian, Ubuntu: apt-get install gettext (new texts are not looked for)."
        found.append(Missing("gettext", "", remedy))
    if not output_of(["fc-list", ":lang=zh"]):
        remedy = "Debian, Ubuntu: apt-get install fonts-noto-cjk (Chinese screenshots show boxes)."
        found.append(Missing("a Chinese font", "", remedy))
    if os.geteuid() != 0:
        found.append(Missing("The right to mount a disk", "", NOT_ROOT))
    return found
