"""The tenant switcher of the top bar."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.ui.shell import Choice
from portal.viewer import Viewer
from tenants.selectors.tenants import tenant_list

MOST = 20


def tenant_choices(viewer: Viewer) -> Sequence[Choice]:
    """Tenants to switch to, in the order of the tree; whoever sees all gets the way to the list."""
    rows = tenant_list(viewer=viewer).filter(archived_at=None)[: MOST + 1]
    choices = [
        Choice(row.title, reverse("tenant_home", args=[row.key]), str(row.get_kind_display()))
        for row in rows
    ]
    if viewer.sees_all and len(choices) > MOST:
        return [*choices[:MOST], Choice(_("All tenants"), reverse("tenant_list"))]
    return choices
