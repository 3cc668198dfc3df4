"""Finds a Go that is new enough and says how to get one where there is none."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.testbed.errors import ToolchainMissing

HOW_TO_GET_GO = (
    "Install Go {needed} or newer from https://go.dev/dl/ (or your distribution's packages), "
    "put its bin directory on PATH, and run bin/testbed build."
)
GO_DIRECTORIES = ("/usr/local/go/bin", "/usr/lib/go/bin", "/opt/homebrew/bin")


def find_go(*, needed: str, module_directory: Path) -> str:
    """Return the path of a Go command that satisfies `needed`, such as "1.26.0".

    The version is asked inside the module, so that Go's own switching of toolchains counts.
    Raises ToolchainMissing with the way to get Go.
    """
    advice = HOW_TO_GET_GO.format(needed=needed)
    path = os.pathsep.join([os.environ.get("PATH", ""), *GO_DIRECTORIES])
    command = shutil.which("go", path=path)
    if command is None:
        raise ToolchainMissing(f"The control plane is built with Go, and no go was found. {advice}")
    answer = subprocess.run(
        [command, "version"], cwd=module_directory, capture_output=True, text=True, check=False
    )
    found = re.search(r"\bgo(\d+(?:\.\d+)+)", answer.stdout)
    if found is None:
        said = (answer.stdout + answer.stderr).strip()
        raise ToolchainMissing(f"{command} does not tell its version ({said}). {advice}")
    if _as_numbers(found.group(1)) < _as_numbers(needed):
        raise ToolchainMissing(
            f"The control plane needs Go {needed}, and {command} is {found.group(1)}. {advice}"
        )
    return command


def _as_numbers(version: str) -> list[int]:
    numbers = [int(part) for part in version.split(".")]
    return numbers + [0] * (3 - len(numbers))
