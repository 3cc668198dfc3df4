"""What the rooms below `tenants` ask about tenants; that room answers."""

from __future__ import annotations

from collections.abc import Callable, Collection

Hold = Callable[[Collection[str]], dict[str, bool]]
_hold: list[Hold] = []


def tenancy_register(hold: Hold) -> None:
    """Have `hold(tenant_keys)` answer `tenants_hold`; called once, from an app's `ready`."""
    _hold[:] = [hold]


def tenants_hold(keys: Collection[str]) -> dict[str, bool]:
    """Tell of each tenant that exists whether it is in use, until the transaction ends.

    Whoever makes something under a tenant asks here before taking any other lock, that of a mirror
    included; who archives one waits for them, and they for who archives.
    """
    return _hold[0](keys) if _hold else {}
