"""What a change of guaranteed quota has to fit between, as far as a viewer may know it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from inventory.models import Pool
from portal.refusal import Refusal
from portal.viewer import Viewer
from scheduling import rules
from scheduling.engine import Amounts, Check


@dataclass(frozen=True, slots=True)
class QuotaRoom:
    """One resource: the tenant's own numbers, its children's sum, its parent's and siblings'."""

    resource: str
    guaranteed: int
    allocated: int
    children: int
    parent_key: str | None
    parent_guaranteed: int
    siblings: int


def quota_room(*, tenant_key: str, pool: Pool, resources: Iterable[str]) -> tuple[QuotaRoom, ...]:
    """Numbers for each resource, by name; empty where the open scope doesn't see the tenant."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM berth_quota_room(%s, %s, %s::text[])",
            [tenant_key, pool.pk, sorted(resources)],
        )
        return tuple(QuotaRoom(*row) for row in cursor.fetchall())


def quota_checks(
    *, tenant_key: str, room: Iterable[QuotaRoom], asked: Amounts, viewer: Viewer
) -> tuple[Check, ...]:
    """The rules that setting these amounts has to pass, in the order in which they are applied."""
    checks: list[Check] = []
    for row in room:
        amount = asked[row.resource]
        checks += [_in_use(tenant_key, row, amount), _below(tenant_key, row, amount)]
        if row.parent_key is not None:
            checks.append(_above(row, amount, viewer))
    return tuple(checks)


def quota_refusal(check: Check, *, tenant_key: str) -> Refusal:
    """A failed check as a refusal with its way out."""
    steps = {
        rules.QUOTA_IN_USE: _("Release allocations first, or ask for no less than is allocated."),
        rules.QUOTA_CHILDREN: _("The parent's amount has to be raised first, or ask for less."),
    }
    return Refusal(
        rule=check.rule,
        scope=check.scope,
        dimension=check.resource,
        limit=check.limit,
        now=check.now,
        asked=check.asked,
        short_by=check.short_by,
        who=_("an operator"),
        next_step=steps[check.rule],
        next_url=f"/t/{tenant_key}/quota/",
    )


def _in_use(tenant_key: str, row: QuotaRoom, amount: int) -> Check:
    """At least what is allocated."""
    short = max(0, row.allocated - amount)
    return Check(
        rules.QUOTA_IN_USE,
        ok=short == 0,
        scope=tenant_key,
        resource=row.resource,
        limit=amount,
        now=row.allocated,
        asked=amount,
        short_by=short or None,
    )


def _below(tenant_key: str, row: QuotaRoom, amount: int) -> Check:
    """At least what the children are guaranteed together."""
    short = max(0, row.children - amount)
    return Check(
        rules.QUOTA_CHILDREN,
        ok=short == 0,
        scope=tenant_key,
        resource=row.resource,
        limit=amount,
        now=row.children,
        asked=amount,
        short_by=short or None,
    )


def _above(row: QuotaRoom, amount: int, viewer: Viewer) -> Check:
    """With its siblings at most what the parent is guaranteed; a lower amount always passes."""
    short = max(0, row.siblings + amount - row.parent_guaranteed)
    ok = short == 0 or amount <= row.guaranteed
    if row.parent_key is None or not viewer.sees(row.parent_key):
        return Check(rules.QUOTA_CHILDREN, ok, resource=row.resource, asked=amount)
    return Check(
        rules.QUOTA_CHILDREN,
        ok,
        scope=row.parent_key,
        resource=row.resource,
        limit=row.parent_guaranteed,
        now=row.siblings,
        asked=amount,
        short_by=None if ok else short,
    )
