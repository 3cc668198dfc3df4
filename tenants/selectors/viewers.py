"""From a person or a token to the Viewer that every query takes. One statement each.

These run before a scope is open, through the SECURITY DEFINER functions of migration 0002.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db import connection

from portal.viewer import Viewer
from tenants.choices import PlatformRoleName, Role
from tenants.roles import (
    VerbChange,
    platform_role_verbs,
    role_change,
    scope_verbs,
    tenant_role_verbs,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Preference:
    """How a person wants pages; empty language or time zone follows the browser."""

    language: str = ""
    theme: str = "system"
    time_zone: str = ""
    density: str = "compact"
    shortcuts: bool = True


@dataclass(frozen=True, slots=True)
class OwnTenant:
    """A tenant a person belongs to, directly (`role`) or from above; for the switcher.

    `inherited` has the roles that reach it from tenants above.
    """

    key: str
    title: str
    path: str
    role: str
    inherited: frozenset[str]
    archived: bool

    @property
    def role_title(self) -> StrOrPromise:
        """The own role in words; empty without one."""
        return Role(self.role).label if self.role else ""

    @property
    def inherited_titles(self) -> list[StrOrPromise]:
        """Roles from above in words."""
        return [Role(role).label for role in sorted(self.inherited)]

    @property
    def roles(self) -> frozenset[str]:
        """Own and inherited."""
        return self.inherited | {self.role} if self.role else self.inherited


@dataclass(frozen=True, slots=True)
class Person:
    """A viewer with what the shell shows around a page."""

    viewer: Viewer
    preference: Preference = field(default_factory=Preference)
    tenants: tuple[OwnTenant, ...] = ()
    platform_role: str = ""

    @property
    def platform_role_title(self) -> StrOrPromise:
        """The platform role in words; empty without one."""
        return PlatformRoleName(self.platform_role).label if self.platform_role else ""


NOBODY = Person(viewer=Viewer.anonymous())


def person_for_user(user_id: int) -> Person:
    """The person's rights now; NOBODY for an unknown or disabled account."""
    facts = _call("SELECT berth_viewer(%s)", user_id)
    return person_build(user_id, facts)


def viewer_for_user(user_id: int) -> Viewer:
    """As `person_for_user`, the viewer alone."""
    return person_for_user(user_id).viewer


def viewer_resolve(user_id: int) -> Viewer:
    """The viewer behind work that was asked for earlier: jobs check rights again with it."""
    return viewer_for_user(user_id)


def token_facts(public_id: str) -> dict[str, Any] | None:
    """Everything about a token that authentication needs; None for an unknown one."""
    return _call("SELECT berth_token(%s)", public_id)


def person_build(user_id: int, facts: Mapping[str, Any] | None) -> Person:
    """Make a Person of what `berth_viewer` returns."""
    if not facts or not facts["active"]:
        return NOBODY
    tenants = _own_tenants(facts["tenants"])
    role = facts["platform"]
    viewer = Viewer(
        user_id=user_id,
        label=facts["label"],
        kind="user",
        sees_all=role is not None,
        tenant_keys=frozenset(tenant.key for tenant in tenants),
        platform_verbs=platform_role_verbs(role),
        tenant_verbs=MappingProxyType(
            {t.key: tenant_role_verbs(t.roles, archived=t.archived) for t in tenants}
        ),
    )
    return Person(viewer, _preference(facts["preference"]), tenants, role or "")


def person_of(request: Any) -> Person:
    """Who asks, with preference and tenants; set by the middleware on every request."""
    found = getattr(request, "person", NOBODY)
    return found if isinstance(found, Person) else NOBODY


def role_effect(*, user_id: int, tenant_key: str, role: str) -> VerbChange:
    """What giving a person this role ("" for none) in a tenant would give and take.

    Roles from above stay, so taking the role of somebody who owns the parent takes nothing.
    """
    tenants = {tenant.key: tenant for tenant in person_for_user(user_id).tenants}
    now = tenants.get(tenant_key)
    inherited = now.inherited if now else frozenset[str]()
    return role_change(now.roles if now else (), inherited | {role} if role else inherited)


def viewer_for_token(facts: Mapping[str, Any]) -> Viewer:
    """The viewer of a token whose secret has been checked.

    It has the verbs of its scopes as far as its creator has them at this moment, and sees no
    tenant beside its own and those below.
    """
    creator = person_build(facts["created_by"], facts["creator"]).viewer
    verbs = scope_verbs(facts["scopes"])
    keys = _bound_keys(facts, creator)
    bound = facts["tenant_key"] is not None
    return Viewer(
        user_id=creator.user_id,
        label=f"{creator.label} ({facts['name']})",
        kind="token" if creator.user_id is not None else "anonymous",
        sees_all=creator.sees_all and not bound,
        tenant_keys=frozenset(keys),
        platform_verbs=frozenset() if bound else creator.platform_verbs & verbs,
        tenant_verbs=MappingProxyType(
            {key: frozenset(v for v in verbs if creator.can(v, key)) for key in keys}
        ),
    )


def _bound_keys(facts: Mapping[str, Any], creator: Viewer) -> list[str]:
    if facts["tenant_key"] is None:
        return sorted(creator.tenant_keys)
    return [row["key"] for row in facts["subtree"] if creator.sees(row["key"])]


def _own_tenants(rows: Iterable[Mapping[str, Any]]) -> tuple[OwnTenant, ...]:
    """One entry a tenant, however many roles reach it; in the order of the tree."""
    grouped: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["key"]].append(row)
    return tuple(
        OwnTenant(
            key=key,
            title=reaching[0]["title"],
            path=reaching[0]["path"],
            role=next((row["role"] for row in reaching if row["direct"]), ""),
            inherited=frozenset(row["role"] for row in reaching if not row["direct"]),
            archived=reaching[0]["archived"],
        )
        for key, reaching in grouped.items()
    )


def _preference(row: Mapping[str, Any] | None) -> Preference:
    if row is None:
        return Preference()
    return Preference(**{name: row[name] for name in Preference.__dataclass_fields__})


def _call(statement: str, argument: int | str) -> dict[str, Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [argument])
        (found,) = cursor.fetchone() or (None,)
    return json.loads(found) if isinstance(found, str) else found
