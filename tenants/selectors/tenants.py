"""Questions about the tree of tenants; everything goes through what the viewer may see."""

from __future__ import annotations

from typing import cast

from django.db.models import Count, Q, QuerySet

from portal.errors import NotFound
from portal.viewer import Viewer
from tenants.models import Tenant
from tenants.paths import path_keys, subtree_range


def tenant_list(*, viewer: Viewer) -> QuerySet[Tenant]:
    """Tenants the viewer sees, in the order of the tree."""
    return cast("QuerySet[Tenant]", Tenant.objects.visible_to(viewer).order_by("path"))


def tenant_get(*, key: str, viewer: Viewer) -> Tenant:
    """One tenant; raises NotFound where the viewer doesn't see it."""
    found = tenant_list(viewer=viewer).filter(key=key).first()
    if found is None:
        raise NotFound
    return found


def tenant_tree(*, viewer: Viewer) -> QuerySet[Tenant]:
    """As `tenant_list`, with `member_count` and `child_count` on each."""
    return tenant_list(viewer=viewer).annotate(
        member_count=Count("memberships", distinct=True),
        child_count=Count("children", distinct=True, filter=Q(children__archived_at=None)),
    )


def subtree_filter(path: str) -> Q:
    """Condition for a tenant and everything below it."""
    first, end = subtree_range(path)
    return Q(path__gte=first, path__lt=end)


def visible_path_keys(*, tenant: Tenant, viewer: Viewer) -> list[str]:
    """Keys from the highest tenant that the viewer sees down to this one.

    Who belongs to a project alone is not told what stands above it.
    """
    return [key for key in path_keys(tenant.path) if viewer.sees(key)]
