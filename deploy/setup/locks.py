"""File locks, so that two commands in one folder don't trip over each other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from deploy.setup.paths import LOCKS


def lock_open(name: str) -> int:
    """Open (and create) a lock file; return its descriptor, not inherited by children."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    return os.open(LOCKS / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)


def lock_try(name: str, *, shared: bool = False) -> int | None:
    """Take a lock without waiting; return the descriptor that holds it, or None when taken."""
    descriptor = lock_open(name)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def lock_take(name: str, *, shared: bool = False) -> int:
    """Take a lock, waiting for it; return the descriptor that holds it."""
    descriptor = lock_open(name)
    fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    return descriptor


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock for the length of a block, waiting for it if need be."""
    descriptor = lock_take(name)
    try:
        yield
    finally:
        os.close(descriptor)


def owner_write(descriptor: int, text: str) -> None:
    """Leave a word about the holder in its lock file, for the message others see."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def owner_read(name: str) -> str:
    """Read the word that the holder of a lock left."""
    with suppress(OSError):
        return (LOCKS / f"{name}.lock").read_text(encoding="utf-8").strip()
    return ""
