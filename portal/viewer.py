"""Who is looking: a frozen value that every query and every decision about rights takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self

from django.db import models
from django.utils.translation import gettext as _

from portal.errors import Denied, NotFound

NO_VERBS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person, a token or Berth itself, with what it may see and do.

    `tenant_keys` holds every tenant the viewer may see, descendants included; `sees_all` replaces
    it for operators, auditors and the system. Verbs read "noun.verb".
    """

    user_id: int | None
    label: str
    kind: Literal["user", "token", "system", "anonymous"]
    sees_all: bool = False
    tenant_keys: frozenset[str] = frozenset()
    platform_verbs: frozenset[str] = NO_VERBS
    tenant_verbs: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def system(cls, label: str = "berth") -> Viewer:
        """Berth itself: sees and may do everything; said out loud where it is used."""
        return cls(user_id=None, label=label, kind="system", sees_all=True)

    @classmethod
    def anonymous(cls) -> Viewer:
        """Nobody: sees and may do nothing."""
        return cls(user_id=None, label="anonymous", kind="anonymous")

    def sees(self, tenant_key: str) -> bool:
        """Tell whether this tenant exists for the viewer."""
        return self.sees_all or tenant_key in self.tenant_keys

    def can(self, verb: str, tenant_key: str | None = None) -> bool:
        """Tell whether the viewer may do `verb`, to `tenant_key` where the verb has one."""
        if self.kind == "system" or verb in self.platform_verbs:
            return True
        return tenant_key is not None and verb in self.tenant_verbs.get(tenant_key, NO_VERBS)


def authorize(*, viewer: Viewer, verb: str, tenant_key: str | None = None) -> None:
    """Return when allowed; raise NotFound for a tenant the viewer can't see, else Denied."""
    if tenant_key is not None and not viewer.sees(tenant_key):
        raise NotFound
    if not viewer.can(verb, tenant_key):
        msg = _("You may not do this (%(verb)s). An owner or an operator can give you the right.")
        if tenant_key is None:
            msg = _("You may not do this (%(verb)s). Only an operator can give you the right.")
        raise Denied(msg % {"verb": verb}, verb=verb)


class VisibleQuerySet(models.QuerySet[Any]):
    """A queryset that can be narrowed to what a viewer may see."""

    tenant_field: ClassVar[str] = "tenant_key"

    def visible_to(self, viewer: Viewer) -> Self:
        """Keep the rows of tenants that the viewer sees."""
        if viewer.sees_all:
            return self
        return self.filter(**{f"{self.tenant_field}__in": viewer.tenant_keys})
