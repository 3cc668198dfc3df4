"""The tenant switcher of the top bar, and the titles by which pages call tenants."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.ui.shell import Choice
from portal.viewer import Viewer
from tenants.selectors.tenants import tenant_list

MOST = 20


def tenant_choices(viewer: Viewer) -> Sequence[Choice]:
    """Tenants to switch to, in the order of the tree; where there are more, the way to all."""
    rows = tenant_list(viewer=viewer).filter(archived_at=None)[: MOST + 1]
    choices = [
        Choice(row.title, reverse("tenant_home", args=[row.key]), str(row.get_kind_display()))
        for row in rows
    ]
    if len(choices) <= MOST:
        return choices
    if viewer.can("tenant.view"):
        return [*choices[:MOST], Choice(_("All tenants"), reverse("tenant_list"))]
    return [*choices[:MOST], Choice(_("All your tenants"), f"{reverse('settings')}#your-tenants")]


def tenant_titles(viewer: Viewer, keys: Collection[str]) -> dict[str, str]:
    """Titles by key, of those that the viewer sees."""
    rows = tenant_list(viewer=viewer).filter(key__in=keys)
    return dict(rows.values_list("key", "title"))
