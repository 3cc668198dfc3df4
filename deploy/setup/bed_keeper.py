"""Keeps the control plane bed of bin/start up for as long as its parent holds our input open.

Runs inside the project's environment. The end of standard input, which comes however the parent
ends, stops the bed's processes; its data stays for the next start. Lines on standard output:
`kubeconfig PATH` once it is up, `toolchain WORDS` where Go is missing, `failed WORDS` else.
"""

from __future__ import annotations

import signal
import sys

from deploy.testbed import BedError, ToolchainMissing, bed_up

NAME = "start"
FLEET = "bed"
BERTH = "berth"  # the ServiceAccount with the rights that Berth ships


def main() -> int:
    """Bring the bed up, wait for the end of standard input, stop its processes."""
    for number in (signal.SIGINT, signal.SIGTERM):  # our parent says when, by closing our input
        signal.signal(number, signal.SIG_IGN)
    try:
        bed = bed_up(name=NAME, fleet=FLEET)
    except ToolchainMissing as error:
        return _say("toolchain", error)
    except BedError as error:
        return _say("failed", error)
    print("kubeconfig", bed.kubeconfig(BERTH), flush=True)
    sys.stdin.read()
    bed.supervisor.stop_all()
    return 0


def _say(word: str, error: BedError) -> int:
    print(word, " ".join(str(error).split()), flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
