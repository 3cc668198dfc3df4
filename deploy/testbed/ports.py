"""Free ports on the loopback address."""

import random
import socket
from contextlib import ExitStack

from deploy.testbed.errors import BedError

LOOPBACK = "127.0.0.1"
# Below the range from which Linux takes the ports of outgoing connections (32768 and up): a
# component that is stopped for a while finds its port still free when it starts again.
PORT_RANGE = range(20000, 32000)
ATTEMPTS = 500


def find_free_ports(count: int) -> list[int]:
    """Return `count` different loopback ports that nobody listens on right now."""
    found: list[int] = []
    with ExitStack() as held:
        for port in random.sample(PORT_RANGE, k=ATTEMPTS):
            if len(found) == count:
                return found
            candidate = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((LOOPBACK, port))
            except OSError:
                continue
            found.append(port)
    raise BedError(f"No {count} free ports were found between 20000 and 32000 on {LOOPBACK}.")
