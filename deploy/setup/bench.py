"""bin/bench: one of the benchmarks, with the tests' servers and a database of its own."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

from deploy.setup import run
from deploy.setup.console import say, warn
from deploy.setup.paths import ROOT


def main(arguments: list[str]) -> int:
    """Become `python -m benchmarks.NAME`; without a name say which there are."""
    names = sorted(
        path.stem for path in (ROOT / "benchmarks").glob("*.py") if not path.name.startswith("_")
    )
    if not arguments or arguments[0] in {"-h", "--help"}:
        say("bin/bench NAME [its arguments]   NAME is one of: " + (", ".join(names) or "none yet"))
        return 0
    name, *rest = arguments
    if name not in names:
        with redirect_stdout(sys.stderr):
            warn(f"There is no benchmark {name}. There are: {', '.join(names) or 'none yet'}.")
        return 2
    return run.main(["-m", f"benchmarks.{name}", *rest])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
