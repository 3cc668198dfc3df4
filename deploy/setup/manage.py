"""bin/manage: Django's commands on the Berth that bin/start runs in this folder."""

from __future__ import annotations

import sys

from deploy.setup.commands import become
from deploy.setup.console import warn
from deploy.setup.errors import SetupError
from deploy.setup.paths import ROOT, VENV_PYTHON
from deploy.setup.services import Services
from deploy.setup.start_environment import environments_build
from deploy.setup.start_options import DEFAULT_PORT


def main(arguments: list[str]) -> int:
    """Become manage.py with the running servers' addresses; return only when that fails."""
    try:
        addresses = Services().find()
    except SetupError as error:
        warn(str(error))
        return 1
    environment = environments_build(addresses=addresses, port=DEFAULT_PORT).owner
    return become([VENV_PYTHON, ROOT / "manage.py", *arguments], environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
