"""The words of the table: who gets what, on which address, with which body."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.surface.world.people import PERSONS

NAMED = re.compile(r"\{(\w+)\}")
TEAM = frozenset({"viewer", "member", "owner", "token", "read_token"})
TOKENS = frozenset({"token", "read_token", "platform_token"})
SIGNED_IN = frozenset(PERSONS) - {"anonymous"}


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is let in on alpha's objects, and who is told that they may not (403).

    Everybody else gets `stranger`: 404, as if there were nothing. Whoever is not signed in is
    sent to the sign-in page, or gets 401 by REST.
    """

    may: frozenset[str]
    told: frozenset[str] = frozenset()
    stranger: int = 404

    def status(self, person: str) -> int:
        """0 where the person is let in, else the status of the refusal."""
        if person in self.may:
            return 0
        if person == "anonymous":
            return 401
        return 403 if person in self.told else self.stranger


def _some(names: str) -> frozenset[str]:
    return frozenset(names.split())


READERS = _some("viewer member owner token read_token auditor operator platform_token")
WRITERS = _some("member owner token operator platform_token")
OWNERS = _some("owner token operator platform_token")
# Objects of a tenant.
TEAM_READS = Audience(READERS)
MEMBERS_READ = Audience(READERS - {"viewer"}, _some("viewer"))
MEMBERS_WRITE = Audience(WRITERS, READERS - WRITERS)
OWNERS_WRITE = Audience(OWNERS, READERS - OWNERS)
# Lists over all one's tenants: whoever has the right somewhere gets an own list.
ANY_TEAM = Audience(SIGNED_IN)
# Whoever offered something doesn't accept it: that is for those who asked.
ASKERS_WRITE = Audience(_some("member owner token"), READERS)
ONESELF_TOO = Audience(OWNERS | {"member"}, READERS)  # anybody may leave
MEMBERS_MAKE = Audience(_some("member owner operator"), READERS)  # a token makes no tokens
MAKER = Audience(_some("owner"), READERS)  # a token is made anew by whose rights it has
# What belongs to the platform: tenants are told that it is not theirs.
PLATFORM_READS = Audience(_some("auditor operator platform_token"), stranger=403)
PLATFORM_WRITES = Audience(_some("operator platform_token"), stranger=403)
# Objects of the platform whose very names tenants don't see.
FLEET_READS = Audience(_some("auditor operator platform_token"), stranger=404)
FLEET_WRITES = Audience(_some("operator platform_token"), _some("auditor"), stranger=404)
OPERATOR_MAKES = Audience(_some("operator"), stranger=403)
OPERATOR_ROTATES = Audience(_some("operator"), _some("auditor platform_token"), stranger=404)
# Objects of a tenant that operators alone decide about.
OPERATORS_READ = Audience(_some("auditor operator platform_token"), READERS)
OPERATORS_DECIDE = Audience(_some("operator platform_token"), READERS)
# What belongs to a person; a token is no person.
PERSONAL = Audience(SIGNED_IN - TOKENS, TOKENS)
ONE_PERSON = Audience(_some("owner"))
EVERYONE = Audience(frozenset(PERSONS))
EVERYONE_SIGNED_IN = Audience(SIGNED_IN)


@dataclass(frozen=True, slots=True)
class Row:
    """One address: how it is built, and what each person gets by each method.

    `ids` says what stands at each placeholder: a name of World.ids. `send` is what a write
    carries (JSON by REST, a form on pages), `query` what a GET carries: a text "{name}" in either
    stands for an id, and is tried with the stranger's and with one of nothing. `done` are the
    statuses of whoever is let in. `open_ids` are placeholders in `send` whose existence is no
    secret; each needs its reason in the table. `safe` is what HEAD and OPTIONS answer everybody
    where a library answers them; ours refuse both on pages.
    """

    name: str
    ids: dict[str, str] = field(default_factory=dict)
    get: Audience | None = None
    post: Audience | None = None
    put: Audience | None = None
    patch: Audience | None = None
    delete: Audience | None = None
    send: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    done: tuple[int, ...] = (200, 201, 202, 204, 302)
    open_ids: tuple[str, ...] = ()
    safe: tuple[int, int] | None = None

    def audience(self, method: str) -> Audience | None:
        """Who may use a method; None where it is not offered."""
        found: Audience | None = getattr(self, {"HEAD": "get"}.get(method, method.lower()), None)
        return found

    def granted(self, method: str) -> Audience:
        """As `audience`, for a method that is offered."""
        found = self.audience(method)
        assert found is not None, f"{self.name} has no {method}"
        return found

    def methods(self) -> list[str]:
        """Methods that are offered, HEAD and OPTIONS aside."""
        names = ("GET", "POST", "PUT", "PATCH", "DELETE")
        return [name for name in names if self.audience(name) is not None]


def filled(template: Any, ids: dict[str, Any]) -> Any:
    """A body with ids in place of texts that are nothing but "{name}"."""
    if isinstance(template, dict):
        return {filled(name, ids): filled(value, ids) for name, value in template.items()}
    if isinstance(template, list):
        return [filled(value, ids) for value in template]
    name = _named(template)
    return ids[name] if name else template


def placeholders(template: Any) -> set[str]:
    """Names of ids in a body."""
    if isinstance(template, dict):
        return set().union(*map(placeholders, template), *map(placeholders, template.values()))
    if isinstance(template, list):
        return set().union(*map(placeholders, template))
    name = _named(template)
    return {name} if name else set()


def _named(template: Any) -> str:
    """The id that a text stands for; "" where it is just a text."""
    found = NAMED.fullmatch(template) if isinstance(template, str) else None
    return found[1] if found else ""
