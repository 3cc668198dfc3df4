"""Who may hear of what changes among tenants."""

from __future__ import annotations

from portal.live.topics import register
from portal.viewer import Viewer


def topics_register() -> None:
    """Make the topics of this app known; called once, from `ready`."""
    register("tenant", _sees_tenant)
    register("tenants", _sees_all)
    register("users", _sees_users)


def _sees_tenant(viewer: Viewer, ident: str) -> bool:
    return viewer.sees(ident) and viewer.can("tenant.view", ident)


def _sees_all(viewer: Viewer, ident: str) -> bool:
    return ident == "" and viewer.sees_all and viewer.can("tenant.view")


def _sees_users(viewer: Viewer, ident: str) -> bool:
    return ident == "" and viewer.can("user.view")
