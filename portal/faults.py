"""Named points at which a test may observe or break the program; nothing in production."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Hook = Callable[[str, dict[str, Any]], None]

_hooks: list[Hook] = []


def point(name: str, **facts: Any) -> None:
    """Tell every installed hook that the program has come here."""
    for hook in tuple(_hooks):
        hook(name, facts)


def install(hook: Hook) -> Callable[[], None]:
    """Add a hook; call the returned function to take it out again."""
    _hooks.append(hook)
    return lambda: _hooks.remove(hook)
