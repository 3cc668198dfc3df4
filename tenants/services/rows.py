"""What services on tenants share: reading for a change, writing with a check, the record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from portal import audit, live
from portal.errors import Conflict, PreconditionFailed
from portal.refusal import Refusal
from portal.viewer import Viewer
from tenants.models import Tenant
from tenants.selectors.tenants import tenant_get

TREE_LOCK = 0x42657274_74_01  # "Bert", "t", 1


def tree_lock() -> None:
    """Hold the shape of the tree until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TREE_LOCK])


def tenants_hold(keys: Collection[str], *, alone: bool = False) -> dict[str, bool]:
    """Lock tenants' rows until the transaction ends; each that exists, and whether it is in use.

    Shared for whoever makes something under a tenant, which doesn't hold up changes of its own
    columns; `alone` for who archives or moves it, or counts its owners. The order of locks: the
    tree, tenants by key, then the tree of quota, pools, quotas, and the audit log as the last.
    """
    strength = "UPDATE" if alone else "KEY SHARE"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, archived_at IS NULL FROM tenants_tenant WHERE key = ANY(%s)"  # noqa: S608
            f" ORDER BY key FOR {strength}",
            [list(keys)],
        )
        return dict(cursor.fetchall())


def tenant_open(key: str, viewer: Viewer, *, alone: bool = False) -> Tenant:
    """A tenant that may be changed, held (see `tenants_hold`) before it is looked at.

    Raises NotFound unseen, Conflict when it is archived.
    """
    tenants_hold([key], alone=alone)
    found = tenant_get(key=key, viewer=viewer)
    if found.archived_at is not None:
        raise Conflict(
            _("%(title)s is archived. Restore it first.") % {"title": found.title},
            code="tenant-archived",
        )
    return found


def tenant_write(tenant: Tenant, values: Mapping[str, Any], generation: int | None) -> None:
    """Update a tenant if it still has the generation that the caller read."""
    expected = tenant.generation if generation is None else generation
    rows = Tenant.objects.filter(pk=tenant.pk, generation=expected)
    if rows.update(**values, generation=F("generation") + 1) != 1:
        raise PreconditionFailed
    tenant.generation = expected + 1


def tenant_facts(tenant: Tenant) -> dict[str, Any]:
    """What the audit keeps of a tenant."""
    return {
        "title": tenant.title,
        "kind": tenant.kind,
        "path": tenant.path,
        "auto_approve_limits": tenant.auto_approve_limits,
        "archived": tenant.archived_at is not None,
    }


def tenant_record(
    viewer: Viewer,
    verb: str,
    tenant: Tenant,
    *,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write the audit entry and tell the browsers."""
    audit.record(
        viewer=viewer,
        verb=verb,
        target_type="tenant",
        target_id=tenant.key,
        tenant_key=tenant.key,
        before=before,
        after=after,
        reason=reason,
    )
    live.publish(f"tenant:{tenant.key}", "changed", tenant_key=tenant.key)
    live.publish("tenants", "changed", tenant_key=tenant.key)


def tenant_refusal(
    rule: str,
    tenant: Tenant,
    next_step: str,
    *,
    limit: int | None = None,
    now: int | None = None,
    asked: int | None = None,
) -> Refusal:
    """A refusal about one tenant that an operator could resolve."""
    return Refusal(
        rule=rule,
        scope=tenant.title,
        dimension=_("tenants") if asked is not None else "",
        limit=limit,
        now=now,
        asked=asked,
        short_by=asked - limit if asked is not None and limit is not None else None,
        who=_("An operator"),
        next_step=next_step,
    )
