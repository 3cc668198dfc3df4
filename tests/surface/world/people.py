"""The tenants and the people of these tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from portal.scope import scope
from portal.viewer import Viewer
from tenants.choices import Theme
from tenants.models import UserPreference
from tenants.roles import ALL_VERBS, TENANT_TABLE
from tenants.selectors.viewers import viewer_for_user
from tenants.services.archive import tenant_archive
from tenants.services.members import member_add
from tenants.services.platform import platform_role_grant, user_create
from tenants.services.tokens import token_create
from tenants.services.tree import tenant_create
from tests.people import PASSWORD, Someone
from tests.surface.world.marks import ALPHA, BORDER, BRAVO, UPPER, text_of

TENANTS = (
    (UPPER, "organisation", None),
    (ALPHA, "project", UPPER),
    (BORDER, "organisation", None),
    (BRAVO, "project", BORDER),
)
LEAVES = [(key, f"{key}-{name}") for key in (ALPHA, BRAVO) for name in ("leaf", "old")]
# Who looks, in the order of reports; the last three come with a token.
PERSONS = (
    "anonymous",
    "viewer",
    "member",
    "owner",
    "other",
    "auditor",
    "operator",
    "token",
    "read_token",
    "platform_token",
)
SEES_ALL = frozenset({"auditor", "operator", "platform_token"})


@dataclass(frozen=True, slots=True)
class Crew:
    """Accounts by what they are, and the texts of tokens."""

    accounts: dict[str, Someone]
    tokens: dict[str, str]

    def someone(self, person: str) -> Someone:
        """An account."""
        return self.accounts[person]


def crew_make() -> Crew:
    """Tenants, accounts, memberships and tokens, through the services."""
    with scope(Viewer.system("tests")) as viewer:
        for key, kind, parent in TENANTS:
            tenant_create(
                key=key,
                title=f"Tenant {text_of(key)}",
                kind=kind,
                parent_key=parent,
                viewer=viewer,
            )
        for key, below in LEAVES:
            tenant_create(
                key=below,
                title=f"Tenant {text_of(key)}",
                kind="project",
                parent_key=key,
                viewer=viewer,
            )
        for key in (ALPHA, BRAVO):
            tenant_archive(key=f"{key}-old", viewer=viewer, now=timezone.now(), reason="old")
        accounts = {
            name: _account(name, viewer) for name in ("operator", "auditor", "viewer", "owner")
        }
        accounts["newcomer"] = _account("alice", viewer)
        accounts["other"] = _account(f"{BRAVO}-owner", viewer, text_of(BRAVO))
        accounts["member"] = _account(f"{ALPHA}-member", viewer, text_of(ALPHA))
        accounts["upper"] = _account(f"{UPPER}-owner", viewer, text_of(UPPER))
        accounts["other_member"] = _account(f"{BRAVO}-member", viewer, text_of(BRAVO))
        for name in ("operator", "auditor"):
            platform_role_grant(user_id=accounts[name].user.pk, role=name, viewer=viewer)
        for key, name, role in (
            (ALPHA, "viewer", "viewer"),
            (ALPHA, "member", "member"),
            (ALPHA, "owner", "owner"),
            (UPPER, "upper", "owner"),
            (BRAVO, "other", "owner"),
            (BRAVO, "other_member", "member"),
        ):
            username = accounts[name].user.username
            member_add(tenant_key=key, user_name=username, role=role, viewer=viewer)
    tokens = {
        "token": token_make(accounts["owner"], ALPHA, sorted(TENANT_TABLE)),
        "read_token": token_make(accounts["owner"], ALPHA, ["read"]),
        "platform_token": token_make(accounts["operator"], None, sorted(ALL_VERBS)),
        "other_token": token_make(accounts["other"], BRAVO, sorted(TENANT_TABLE)),
    }
    return Crew(accounts, tokens)


def token_make(someone: Someone, tenant_key: str | None, scopes: list[str]) -> str:
    """A token's text; its name carries the tenant's word."""
    now = timezone.now()
    viewer = viewer_for_user(someone.user.pk)
    word = text_of(tenant_key) if tenant_key else "platform"
    with scope(viewer):
        _made, text = token_create(
            name=f"ci {word}",
            tenant_key=tenant_key,
            scopes=scopes,
            expires_at=now + timedelta(days=30),
            viewer=viewer,
            now=now,
        )
    return str(text)


def _account(username: str, viewer: Viewer, word: str = "") -> Someone:
    made: Any = user_create(
        username=username,
        email=f"{username}@{word or 'plain'}.example.com",
        password=PASSWORD,
        viewer=viewer,
    )
    User.objects.filter(pk=made.pk).update(first_name="Given", last_name=word or "Plain")
    UserPreference.objects.create(user=made, theme=Theme.LIGHT)
    made.refresh_from_db()
    return Someone(made)
