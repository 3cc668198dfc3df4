"""Taking tenants out of use, and back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.errors import Conflict, Refused
from portal.viewer import Viewer, authorize
from scheduling.choices import LIVE_STATES
from scheduling.models import Allocation
from tenants import rules
from tenants.choices_requests import OPEN_STATES
from tenants.models import ApiToken, CapacityRequest, Tenant
from tenants.selectors.tenants import tenant_get
from tenants.services.rows import (
    tenant_facts,
    tenant_open,
    tenant_record,
    tenant_refusal,
    tenant_write,
    tree_lock,
)


@transaction.atomic
def tenant_archive(
    *, key: str, viewer: Viewer, now: datetime, reason: str = "", generation: int | None = None
) -> Tenant:
    """Take a tenant out of use: from here on it can only be read, and its tokens are revoked.

    Raises NotFound, Denied, Conflict, PreconditionFailed, or Refused while it holds allocations
    or has tenants below it.
    """
    authorize(viewer=viewer, verb="tenant.archive", tenant_key=key)
    tree_lock()
    found = tenant_open(key, viewer, alone=True)
    _empty_check(found)
    before = tenant_facts(found)
    tenant_write(found, {"archived_at": now}, generation)
    found.archived_at = now
    ApiToken.objects.filter(tenant_id=key, revoked_at=None).update(revoked_at=now, enabled=False)
    tenant_record(
        viewer, "tenant.archive", found, before=before, after=tenant_facts(found), reason=reason
    )
    return found


@transaction.atomic
def tenant_restore(*, key: str, viewer: Viewer, generation: int | None = None) -> Tenant:
    """Bring an archived tenant back; its tokens stay revoked.

    Raises NotFound, Denied, Conflict (not archived, or parent archived), PreconditionFailed.
    """
    authorize(viewer=viewer, verb="tenant.archive", tenant_key=key)
    tree_lock()
    found = tenant_get(key=key, viewer=viewer)
    if found.archived_at is None:
        raise Conflict(_("This tenant is not archived."), code="tenant-not-archived")
    if found.parent is not None and found.parent.archived_at is not None:
        raise Conflict(_("Its parent is archived. Restore the parent first."))
    before = tenant_facts(found)
    tenant_write(found, {"archived_at": None}, generation)
    found.archived_at = None
    tenant_record(viewer, "tenant.restore", found, before=before, after=tenant_facts(found))
    return found


def _empty_check(tenant: Tenant) -> None:
    held = Allocation.objects.filter(tenant_key=tenant.key, state__in=LIVE_STATES).count()
    if held:
        step = _("Release its allocations first, and wait until they are gone.")
        raise Refused(tenant_refusal(rules.HAS_ALLOCATIONS, tenant, step, limit=0, now=held))
    below = tenant.children.filter(archived_at=None).count()
    if below:
        step = _("Move or archive the tenants below it first.")
        raise Refused(tenant_refusal(rules.HAS_CHILDREN, tenant, step, limit=0, now=below))
    asked = CapacityRequest.objects.filter(tenant=tenant, state__in=OPEN_STATES).count()
    if asked:
        step = _("Decide or withdraw its open requests first.")
        raise Refused(tenant_refusal(rules.HAS_REQUESTS, tenant, step, limit=0, now=asked))
