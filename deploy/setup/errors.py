"""The one error of set-up: a sentence that says what is wrong and what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager


class SetupError(Exception):
    """Set-up can't go on; the message is meant for the person at the keyboard."""


@contextmanager
def errors_worded() -> Iterator[None]:
    """Turn what the system refuses during set-up into a SetupError with a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            msg = "The disk is full: free some space and run this again."
        elif error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            msg = f"{error.filename} may not be written or read: is the folder yours?"
        else:
            raise
        raise SetupError(msg) from error
