"""Where the room that knows people tells the chassis how to find out what somebody may do."""

from __future__ import annotations

from collections.abc import Callable

from portal.viewer import Viewer

Resolver = Callable[[int], Viewer]
_resolvers: list[Resolver] = []


def resolver_register(resolver: Resolver) -> None:
    """Set the function that turns a user id into a Viewer; called once, from `ready`."""
    _resolvers[:] = [resolver]


def viewer_resolve(user_id: int) -> Viewer:
    """The viewer of a user as of now; nobody where no room knows people."""
    return _resolvers[0](user_id) if _resolvers else Viewer.anonymous()
