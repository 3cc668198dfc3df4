"""How allocations are found by the search."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.search.kinds import Hit, Row, SearchKind, rows_with
from portal.viewer import Viewer
from scheduling.models import Allocation


def allocation_hit(_viewer: Viewer, row: Row) -> Hit:
    """Name and tenant of an allocation."""
    url = reverse("allocation_page", args=[row.note, row.key])
    return Hit(f"A-{row.key} {row.label}", row.note, url)


ALLOCATIONS = SearchKind(
    name="allocations",
    title=_("Allocations"),
    icon="stack-3",
    order=60,
    rows=lambda viewer: rows_with(Allocation.objects.all(), viewer, "allocation.view"),
    fields=("name", "tenant_key"),
    columns=("pk", "name", "tenant_key"),
    hit=allocation_hit,
    ref="A-",
)
