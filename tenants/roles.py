"""Who may do what: the one table of roles and verbs. Pure.

Tenant roles reach down the tree: an owner of a department owns its projects. Nobody decides their
own request, whatever their role; that rule needs the request and stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tenants.choices import PlatformRoleName, Role

READ = "read"  # a token's scope that stands for every verb which changes nothing

# verb -> the tenant roles that have it
TENANT_TABLE: Mapping[str, frozenset[str]] = {
    verb: frozenset(roles.split())
    for verb, roles in {
        "tenant.view": "owner member viewer",
        "tenant.create": "owner",
        "tenant.edit": "owner",
        "member.view": "owner member viewer",
        "member.edit": "owner",
        "token.view": "owner member",
        "token.create": "owner member",
        "token.edit": "owner",
        "pool.view": "owner member viewer",
        "quota.view": "owner member viewer",
        "request.view": "owner member viewer",
        "request.create": "owner member",
        "allocation.view": "owner member viewer",
        "allocation.edit": "owner member",
        "allocation.release": "owner member",
        "audit.view": "owner member viewer",
        "job.view": "owner member viewer",
        "job.control": "owner member",
    }.items()
}

# What only the platform's roles have; True where it changes nothing.
PLATFORM_TABLE: Mapping[str, bool] = {
    "cluster.view": True,
    "cluster.edit": False,
    "pool.edit": False,
    "node.view": True,
    "namespace.view": True,
    "namespace.edit": False,
    "drift.view": True,
    "drift.edit": False,
    "tenant.move": False,
    "tenant.archive": False,
    "limits.edit": False,  # up to which amounts a tenant's requests need no operator
    "quota.edit": False,
    "request.decide": False,
    "user.view": True,
    "user.edit": False,
    "role.view": True,
    "role.edit": False,
}

# What means nothing within one tenant: no token that is bound to one can use it.
NOT_OF_A_TENANT = frozenset(
    verb
    for verb in PLATFORM_TABLE
    if verb.partition(".")[0] in {"cluster", "pool", "node", "namespace", "user", "role"}
)
ALL_VERBS = frozenset(TENANT_TABLE) | frozenset(PLATFORM_TABLE)
READ_VERBS = frozenset(verb for verb in ALL_VERBS if verb.endswith(".view"))
TENANT_VERBS: Mapping[str, frozenset[str]] = {
    role: frozenset(verb for verb, roles in TENANT_TABLE.items() if role in roles)
    for role in Role.values
}
PLATFORM_VERBS: Mapping[str, frozenset[str]] = {
    PlatformRoleName.OPERATOR: ALL_VERBS,
    PlatformRoleName.AUDITOR: READ_VERBS,
}
TOKEN_SCOPES = frozenset({READ}) | ALL_VERBS


@dataclass(frozen=True, slots=True)
class VerbChange:
    """What a change of role gives and takes, both sorted."""

    gained: tuple[str, ...]
    lost: tuple[str, ...]


def tenant_role_verbs(roles: Iterable[str], *, archived: bool = False) -> frozenset[str]:
    """Verbs of all roles a person has in one tenant, own and inherited.

    An archived tenant can only be read.
    """
    verbs = frozenset[str]().union(*(TENANT_VERBS[role] for role in roles))
    return verbs & READ_VERBS if archived else verbs


def platform_role_verbs(role: str | None) -> frozenset[str]:
    """Verbs that hold everywhere; none without a platform role."""
    return PLATFORM_VERBS[role] if role else frozenset()


def scope_verbs(scopes: Iterable[str]) -> frozenset[str]:
    """Spell out a token's scopes: `read` becomes every reading verb."""
    named = frozenset(scopes)
    return (named & ALL_VERBS) | (READ_VERBS if READ in named else frozenset())


def role_change(before: Iterable[str], after: Iterable[str]) -> VerbChange:
    """Compare the effective verbs of two sets of tenant roles."""
    old, new = tenant_role_verbs(before), tenant_role_verbs(after)
    return VerbChange(gained=tuple(sorted(new - old)), lost=tuple(sorted(old - new)))
