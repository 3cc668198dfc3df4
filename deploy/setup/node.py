"""Node, for the browser's bundles, types and unit tests: the system's, or else a wheel's."""

from __future__ import annotations

import os
import re
import shutil

from deploy.setup.commands import output_of
from deploy.setup.environment import requirements_install
from deploy.setup.locks import locked
from deploy.setup.paths import ROOT, VENV

WHEEL = ROOT / "requirements-node.txt"
MINIMUM = 20


def node_path() -> str:
    """Return a PATH whose `node` and `npm` are new enough.

    A machine without them gets the locked wheel in .venv, once; SetupError where that can't be had.
    """
    path = os.environ.get("PATH", "")
    found = re.match(r"v(\d+)", output_of(["node", "--version"]))
    if shutil.which("npm") and found and int(found[1]) >= MINIMUM:
        return path
    with locked("venv"):
        requirements_install(WHEEL)
    return os.pathsep.join(filter(None, (str(VENV / "bin"), path)))
