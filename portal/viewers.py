"""Where the room that knows people tells the chassis how to find out what somebody may do."""

from __future__ import annotations

from collections.abc import Callable

from portal.viewer import Viewer

Resolver = Callable[[int], Viewer]
Audience = Callable[[str], list[int]]
_resolvers: list[Resolver] = []
_audiences: list[Audience] = []


def resolver_register(resolver: Resolver) -> None:
    """Set the function that turns a user id into a Viewer; called once, from `ready`."""
    _resolvers[:] = [resolver]


def viewer_resolve(user_id: int) -> Viewer:
    """The viewer of a user as of now; nobody where no room knows people."""
    return _resolvers[0](user_id) if _resolvers else Viewer.anonymous()


def audience_register(audience: Audience) -> None:
    """Set the function that names the users to tell about a tenant's affairs, or the platform's."""
    _audiences[:] = [audience]


def audience_of(tenant_key: str) -> list[int]:
    """Ids of the users to tell about a tenant's affairs, or with "" about those of the platform.

    Nobody where no room knows people.
    """
    return _audiences[0](tenant_key) if _audiences else []
