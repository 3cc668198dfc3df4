"""Named points at which a test may observe or break the program; nothing in production."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import local
from typing import Any

Hook = Callable[[str, dict[str, Any]], None]

_hooks: list[Hook] = []
_thread = local()


def point(name: str, **facts: Any) -> None:
    """Tell every installed hook that the program has come here."""
    if getattr(_thread, "silent", False):
        return
    for hook in tuple(_hooks):
        hook(name, facts)


@contextmanager
def silenced() -> Iterator[None]:
    """Keep this thread's points quiet: beats of a timer are no boundary of the work itself."""
    _thread.silent = True
    try:
        yield
    finally:
        _thread.silent = False


def install(hook: Hook) -> Callable[[], None]:
    """Add a hook; call the returned function to take it out again."""
    _hooks.append(hook)
    return lambda: _hooks.remove(hook)
