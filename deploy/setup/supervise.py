"""Child processes that never outlive us."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)  # loaded before any fork


def die_with_parent() -> Callable[[], None]:
    """Return what a new child runs first: SIGTERM for it when we die, however we die."""
    parent = os.getpid()

    def ask_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # we died before it asked
            os.kill(os.getpid(), signal.SIGTERM)

    return ask_kernel
