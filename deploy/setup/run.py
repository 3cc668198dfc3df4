"""bin/py: the project's Python with the tests' servers behind it. They stay up for next time."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout

from deploy.setup.assets import messages_compile
from deploy.setup.commands import become
from deploy.setup.console import say, warn
from deploy.setup.environment import packages_ensure
from deploy.setup.errors import SetupError, errors_worded
from deploy.setup.paths import ROOT, VENV_PYTHON
from deploy.setup.test_servers import (
    development_environment,
    servers_ensure,
    servers_hold,
    servers_stop_if_unused,
)


def main(arguments: list[str]) -> int:
    """Become the project's Python with these arguments; return only when that fails."""
    if arguments == ["--stop"]:
        stopped = servers_stop_if_unused()
        say("The tests' servers are stopped." if stopped else "Another run still uses them.")
        return 0 if stopped else 1
    with redirect_stdout(sys.stderr):  # standard output is the program's alone
        try:
            with errors_worded():
                packages_ensure(dev=True)
                holder = servers_hold()
                servers_ensure()
                messages_compile()
                environment = development_environment()
        except SetupError as error:
            warn(str(error))
            return 1
    os.set_inheritable(holder, True)
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    # What the caller set wins, so that one variable can be tried by hand.
    env = environment | {**os.environ, "PYTHONPATH": path}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode every start takes seconds longer
    return become([VENV_PYTHON, *arguments], env)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
