"""How allocations are found by the search."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.joins import comma_join
from portal.search.kinds import Hit, Row, SearchKind, rows_with
from portal.viewer import Viewer
from scheduling.choices import ENDED_STATES, AllocationState
from scheduling.models import Allocation


def allocation_hit(_viewer: Viewer, row: Row) -> Hit:
    """Name and tenant of an allocation, and of one that has ended how."""
    url = reverse("allocation_page", args=[row.note, row.key])
    ended = [AllocationState(row.state).label] if row.state in ENDED_STATES else []
    return Hit(f"A-{row.key} {row.label}", comma_join([row.note, *ended]), url)


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
    state="state",
)
