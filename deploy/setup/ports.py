"""Loopback ports: is one taken, and which is free."""

from __future__ import annotations

import socket

from deploy.setup.errors import SetupError

LOOPBACK = "127.0.0.1"


def port_is_free(port: int) -> bool:
    """Say whether a server could listen on this loopback port now.

    Raises SetupError where the system keeps the port for others.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError as error:  # the system asks for the right before it looks
            msg = (
                f"Port {port} needs rights that you don't have: ports below 1024 are for root."
                " Choose a higher one, such as: bin/start --port 8000"
            )
            raise SetupError(msg) from error
        except OSError:
            return False
    return True


def port_choose(preferred: int | None = None) -> int:
    """Return the preferred port if it's free, else one that the kernel gives."""
    if preferred and port_is_free(preferred):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
